#include <openvino/core/model.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/op/result.hpp>
#include <string>
#include <vector>

#include "arguments.h"
#include "graph/graph_output.h"
#include "graph/node_factory.h"
#include "objects/model.h"

namespace ovd {
namespace {

ov::ParameterVector ParametersOf(const Napi::Array& outputs) {
  ov::ParameterVector parameters;
  for (uint32_t i = 0; i < outputs.Length(); ++i) {
    auto parameter =
        ov::as_type_ptr<ov::op::v0::Parameter>(GraphOutput::From(outputs.Get(i)).get_node_shared_ptr());
    if (!parameter)
      throw CodedError("INVALID_ARGUMENT", "Expected outputs of graphParameter() for parameters");
    parameters.push_back(parameter);
  }
  return parameters;
}

ov::ResultVector ResultsOf(const Napi::Array& given) {
  ov::ResultVector results;
  for (uint32_t i = 0; i < given.Length(); ++i) {
    const Napi::Value item = given.Get(i);
    if (!item.IsObject())
      throw CodedError("INVALID_ARGUMENT", "Expected { output, names } for each of results");
    auto output = GraphOutput::From(item.As<Napi::Object>().Get("output"));
    const Napi::Array names = ListOf(item.As<Napi::Object>().Get("names"), "names");
    for (uint32_t n = 0; n < names.Length(); ++n) output.add_names({TextOf(names.Get(n), "names")});
    results.push_back(std::make_shared<ov::op::v0::Result>(output));
  }
  return results;
}

void SetRuntimeInfo(ov::Model& model, const Napi::Array& entries) {
  for (uint32_t i = 0; i < entries.Length(); ++i) {
    const Napi::Array entry = ListOf(entries.Get(i), "runtimeInfo");
    std::vector<std::string> path;
    for (uint32_t n = 0; n < entry.Length(); ++n) path.push_back(TextOf(entry.Get(n), "runtimeInfo"));
    if (path.size() < 2) throw CodedError("INVALID_ARGUMENT", "Expected [...path, value] in runtimeInfo");
    const std::string value = path.back();
    path.pop_back();
    model.set_rt_info(value, path);
  }
}

}  // namespace

Napi::Value GraphModel(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const Options options(info, "graphModel");
    const auto parameters = ParametersOf(options.List("parameters"));
    const auto results = ResultsOf(options.List("results"));
    auto model = std::make_shared<ov::Model>(results, parameters, options.Text("name"));
    const Napi::Value runtimeInfo = options.Get("runtimeInfo");
    if (!runtimeInfo.IsUndefined()) SetRuntimeInfo(*model, ListOf(runtimeInfo, "runtimeInfo"));
    return Model::Wrap(std::move(model), true)(info.Env());
  });
}

}  // namespace ovd
