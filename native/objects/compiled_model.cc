#include "objects/compiled_model.h"

#include <openvino/op/constant.hpp>
#include <utility>

#include "arguments.h"
#include "environment.h"
#include "objects/infer_request.h"
#include "properties.h"

namespace ovd {
namespace {

int64_t WeightBytes(const ov::Model& graph) {
  int64_t bytes = 0;
  for (const auto& node : graph.get_ops()) {
    if (const auto constant = std::dynamic_pointer_cast<ov::op::v0::Constant>(node)) {
      bytes += static_cast<int64_t>(constant->get_byte_size());
    }
  }
  return bytes;
}

}  // namespace

Napi::Function CompiledModel::Define(Napi::Env env) {
  return DefineWrapped(env, {
                                InstanceAccessor<&CompiledModel::Inputs>("inputs"),
                                InstanceAccessor<&CompiledModel::Outputs>("outputs"),
                                InstanceMethod<&CompiledModel::CreateInferRequest>("createInferRequest"),
                                InstanceMethod<&CompiledModel::GetProperty>("getProperty"),
                                InstanceMethod<&CompiledModel::Dispose>("dispose"),
                            });
}

MakeResult CompiledModel::Wrap(ov::CompiledModel compiled, const ov::Model& graph) {
  CompiledModelParts parts;
  parts.inputs = DescribePorts(compiled.inputs());
  parts.outputs = DescribePorts(compiled.outputs());
  parts.weightBytes = WeightBytes(graph);
  parts.compiled = std::make_shared<ov::CompiledModel>(std::move(compiled));
  return [parts = std::move(parts)](Napi::Env env) -> Napi::Value { return Make(env, parts); };
}

CompiledModel::CompiledModel(const Napi::CallbackInfo& info) : MadeFrom(info) {
  Napi::MemoryManagement::AdjustExternalMemory(info.Env(), parts_.weightBytes);
}

void CompiledModel::Finalize(Napi::BasicEnv env) { Take(env); }

std::shared_ptr<ov::CompiledModel> CompiledModel::Take(Napi::BasicEnv env) {
  if (parts_.compiled) Napi::MemoryManagement::AdjustExternalMemory(env, -parts_.weightBytes);
  return std::exchange(parts_.compiled, nullptr);
}

std::shared_ptr<ov::CompiledModel> CompiledModel::Get() const {
  if (!parts_.compiled) throw CodedError("DISPOSED", "The compiled model was disposed");
  return parts_.compiled;
}

Napi::Value CompiledModel::Inputs(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] { return PortsToScript(info.Env(), parts_.inputs); });
}

Napi::Value CompiledModel::Outputs(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] { return PortsToScript(info.Env(), parts_.outputs); });
}

Napi::Value CompiledModel::CreateInferRequest(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    auto work = [compiled = Get()]() { return InferRequest::Wrap(compiled->create_infer_request()); };
    return Environment::Of(info.Env()).Run(info.Env(), {Value()}, std::move(work));
  });
}

Napi::Value CompiledModel::GetProperty(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    return PropertyToScript(info.Env(), Get()->get_property(TextArgument(info, 0, "name")));
  });
}

Napi::Value CompiledModel::Dispose(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    // Freeing gigabytes takes a while, so that too happens on another thread.
    const auto held = std::make_shared<std::shared_ptr<ov::CompiledModel>>(Take(info.Env()));
    return Environment::Of(info.Env()).RunDisposal(info.Env(), [held] { held->reset(); });
  });
}

}  // namespace ovd
