#include "objects/infer_request.h"

#include <algorithm>
#include <cstring>
#include <openvino/runtime/compiled_model.hpp>
#include <string>
#include <utility>

#include "arguments.h"
#include "environment.h"

namespace ovd {
namespace {

size_t IndexArgument(const Napi::Value& value, size_t count, const char* what) {
  const uint64_t index = WholeNumberOf(value, std::string("the index of one of the model's ") + what + "s");
  if (index < count) return index;
  throw CodedError("INVALID_ARGUMENT", "Expected the index of one of the model's " + std::to_string(count) +
                                           " " + what + "s but received " + std::to_string(index));
}

/** Kernels divide by free dimensions that they take to be there. */
void RequireElements(const ov::Output<const ov::Node>& port, const ov::Shape& shape) {
  if (port.get_partial_shape().is_static() || ov::shape_size(shape) > 0) return;
  throw CodedError("SHAPE_MISMATCH", "Expected a tensor with elements but received one of shape " +
                                         shape.to_string() + " for an input with free dimensions");
}

}  // namespace

Napi::Function InferRequest::Define(Napi::Env env) {
  return DefineWrapped(env, {
                                InstanceMethod<&InferRequest::SetInput>("setInput"),
                                InstanceMethod<&InferRequest::SetOutput>("setOutput"),
                                InstanceMethod<&InferRequest::Infer>("infer"),
                                InstanceMethod<&InferRequest::Cancel>("cancel"),
                                InstanceMethod<&InferRequest::GetOutput>("getOutput"),
                                InstanceAccessor<&InferRequest::Running>("running"),
                                InstanceMethod<&InferRequest::Dispose>("dispose"),
                            });
}

MakeResult InferRequest::Wrap(ov::InferRequest request) {
  return [request = std::move(request)](Napi::Env env) -> Napi::Value { return Make(env, request); };
}

ov::InferRequest& InferRequest::Idle() {
  if (disposed_) throw CodedError("DISPOSED", "The request was disposed");
  if (running_) throw CodedError("BUSY", "The request is running an inference; wait for it to end");
  return request();
}

InferRequest::BoundTensor InferRequest::Bind(const std::shared_ptr<TensorMemory>& memory,
                                             const BoundTensor& before) const {
  if (!memory->IsScriptOwned()) return {memory, memory->View(), false};
  memory->ScriptBytes();  // throws where there are none any more
  const bool fits = before.isCopy && before.tensor.get_element_type() == memory->type &&
                    before.tensor.get_shape() == memory->shape;
  return {memory, fits ? before.tensor : ov::Tensor(memory->type, memory->shape), true};
}

Napi::Value InferRequest::SetInput(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    ov::InferRequest& request = Idle();
    const size_t index = IndexArgument(info[0], request.get_compiled_model().inputs().size(), "input");
    const auto& memory = Tensor::Unwrap(info[1])->Memory();
    RequireElements(request.get_compiled_model().inputs()[index], memory->shape);
    BoundTensor bound = Bind(memory, inputs_[index]);
    request.set_input_tensor(index, bound.tensor);
    inputs_[index] = std::move(bound);
    return info.Env().Undefined();
  });
}

Napi::Value InferRequest::SetOutput(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    ov::InferRequest& request = Idle();
    const size_t index = IndexArgument(info[0], request.get_compiled_model().outputs().size(), "output");
    const auto& memory = Tensor::Unwrap(info[1])->Memory();
    const auto before = outputs_.find(index);
    BoundTensor bound = Bind(memory, before == outputs_.end() ? BoundTensor{} : before->second);
    request.set_output_tensor(index, bound.tensor);
    outputs_[index] = std::move(bound);
    ownOutputs_.erase(index);
    return info.Env().Undefined();
  });
}

/** Memory for the output's next value: of an earlier one that nobody reads any more, or new. */
ov::Tensor InferRequest::FreeMemory(OwnOutput& output, size_t index) {
  ov::Tensor found;
  auto& replaced = output.replaced;
  // One is enough; the memory of the others that are free is given back.
  replaced.erase(std::remove_if(replaced.begin(), replaced.end(),
                                [&found](const auto& entry) {
                                  if (!entry.second.expired()) return false;
                                  if (!found) found = entry.first;
                                  return true;
                                }),
                 replaced.end());
  if (found) return found;
  const auto port = request().get_compiled_model().outputs()[index];
  const auto& shape = port.get_partial_shape();
  return {port.get_element_type(), shape.is_static() ? shape.to_shape() : ov::Shape(shape.size(), 0)};
}

void InferRequest::KeepLeasedOutputs() {
  for (auto& [index, output] : ownOutputs_) {
    output.tensor.Reset();
    if (output.lease.expired()) continue;
    ov::Tensor free = FreeMemory(output, index);
    request().set_output_tensor(index, free);
    if (output.allocated) output.replaced.emplace_back(output.allocated, output.lease);
    output.allocated = std::move(free);
    output.lease.reset();
  }
}

Napi::Value InferRequest::Infer(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    Napi::Env env = info.Env();
    Idle();
    for (auto& [index, input] : inputs_) {
      if (!input.memory || !input.memory->IsScriptOwned()) continue;
      if (!input.isCopy) {
        // It was bound before JavaScript took its data as a copy; the memory may be bound elsewhere, too.
        input = Bind(input.memory, {});
        request().set_input_tensor(index, input.tensor);
      }
      std::memcpy(ov::Tensor(input.tensor).data(), input.memory->ScriptBytes(), input.memory->ByteSize());
    }
    for (const auto& [index, output] : outputs_) {
      if (output.memory->IsScriptOwned()) output.memory->ScriptBytes();
    }
    KeepLeasedOutputs();

    Environment& environment = Environment::Of(env);
    auto operation = environment.Begin(env, {Value()});
    operation->settled = [this] { running_ = false; };
    operation->resolve = [this](Napi::Env env) -> Napi::Value {
      for (const auto& [index, output] : outputs_) {
        const TensorMemory& memory = *output.memory;
        if (output.tensor.get_shape() != memory.shape) {
          throw CodedError("SHAPE_MISMATCH", "The output has shape " + output.tensor.get_shape().to_string() +
                                                 " but the tensor bound to it has " +
                                                 memory.shape.to_string());
        }
        if (memory.IsScriptOwned())
          std::memcpy(memory.ScriptBytes(), std::as_const(output.tensor).data(), memory.ByteSize());
      }
      return env.Undefined();
    };
    operation->interrupt = [request = request()]() mutable {
      try {
        request.cancel();
        request.wait();
      } catch (...) {  // NOLINT(bugprone-empty-catch): nobody is left to hear of it
      }
    };
    try {
      // The request keeps the callback until the next inference, so the callback must not keep the operation.
      std::weak_ptr<Operation> target = operation;
      request().set_callback([&environment, target](const std::exception_ptr& thrown) {
        const auto finished = target.lock();
        if (!finished) return;
        if (thrown) finished->failure = Describe(thrown);
        environment.Finish(finished);
      });
      running_ = true;
      request().start_async();
    } catch (...) {
      running_ = false;
      environment.Abandon(env, operation);
      throw;
    }
    return operation->deferred.Promise();
  });
}

Napi::Value InferRequest::Cancel(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    if (running_) request().cancel();
    return info.Env().Undefined();
  });
}

Napi::Value InferRequest::GetOutput(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    ov::InferRequest& request = Idle();
    const size_t index = IndexArgument(info[0], request.get_compiled_model().outputs().size(), "output");
    const auto bound = outputs_.find(index);
    if (bound != outputs_.end()) {
      const auto& memory = bound->second.memory;
      return memory->IsScriptOwned() ? Tensor::FromMemory(info.Env(), memory)
                                     : Tensor::FromOutput(info.Env(), memory->tensor, memory->lease);
    }
    OwnOutput& output = ownOutputs_[index];
    auto lease = output.lease.lock();
    if (lease && !output.tensor.IsEmpty() && !output.tensor.Value().IsEmpty() &&
        Tensor::Unwrap(output.tensor.Value())->IsOpen()) {
      return output.tensor.Value();
    }
    if (!lease) output.lease = lease = std::make_shared<OutputLease>();
    const Napi::Object tensor =
        Tensor::FromOutput(info.Env(), request.get_output_tensor(index), std::move(lease));
    output.tensor = Napi::Weak(tensor);
    return tensor;
  });
}

Napi::Value InferRequest::Running(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), running_);
}

Napi::Value InferRequest::Dispose(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    std::vector<ov::Tensor> memory;
    if (!disposed_) {
      Idle();
      for (const auto& [index, input] : inputs_) memory.push_back(input.tensor);
    }
    disposed_ = true;
    auto held = std::make_shared<std::pair<ov::InferRequest, std::vector<ov::Tensor>>>(
        std::exchange(parts_, {}), std::move(memory));
    inputs_.clear();
    outputs_.clear();
    ownOutputs_.clear();
    return Environment::Of(info.Env()).RunDisposal(info.Env(), [held] { *held = {}; });
  });
}

}  // namespace ovd
