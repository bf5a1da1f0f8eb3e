// The module table.
#include <napi.h>

#include <openvino/core/version.hpp>

#include "environment.h"
#include "graph/graph_output.h"
#include "graph/node_factory.h"
#include "objects/compiled_model.h"
#include "objects/core.h"
#include "objects/infer_request.h"
#include "objects/mapped_file.h"
#include "objects/model.h"
#include "objects/tensor.h"
#include "objects/weight_conversion.h"
#include "random.h"

namespace {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  auto* environment = new ovd::Environment(env);
  env.SetInstanceData(environment);  // deletes it when the environment ends

  exports.Set("Core", ovd::Core::Define(env));
  exports.Set("Model", ovd::Model::Define(env));
  exports.Set("CompiledModel", ovd::CompiledModel::Define(env));
  exports.Set("InferRequest", ovd::InferRequest::Define(env));
  exports.Set("Tensor", ovd::Tensor::Define(env));
  exports.Set("MappedFile", ovd::MappedFile::Define(env));
  exports.Set("WeightConversion", ovd::WeightConversion::Define(env));
  exports.Set("GraphOutput", ovd::GraphOutput::Define(env));
  exports.Set("graphParameter", Napi::Function::New<ovd::GraphParameter>(env, "graphParameter"));
  exports.Set("graphConstant", Napi::Function::New<ovd::GraphConstant>(env, "graphConstant"));
  exports.Set("graphNode", Napi::Function::New<ovd::GraphNode>(env, "graphNode"));
  exports.Set("graphFold", Napi::Function::New<ovd::GraphFold>(env, "graphFold"));
  exports.Set("graphMarkDecompression",
              Napi::Function::New<ovd::GraphMarkDecompression>(env, "graphMarkDecompression"));
  exports.Set("graphModel", Napi::Function::New<ovd::GraphModel>(env, "graphModel"));
  exports.Set("fillNormal", Napi::Function::New<ovd::FillNormal>(env, "fillNormal"));
  exports.Set("close",
              Napi::Function::New(env, [environment](const Napi::CallbackInfo&) { environment->Close(); }));
  exports.Set("openvinoVersion", Napi::String::New(env, ov::get_openvino_version().buildNumber));
  return exports;
}

}  // namespace

NODE_API_MODULE(openvino_diffusers, Init)
