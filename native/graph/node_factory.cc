#include "graph/node_factory.h"

#include <openvino/core/model.hpp>
#include <openvino/core/runtime_attribute.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/op/result.hpp>
#include <openvino/opsets/opset.hpp>
#include <string>
#include <vector>

#include "graph/attributes.h"
#include "element_type.h"
#include "environment.h"
#include "objects/mapped_file.h"
#include "objects/model.h"
#include "ports.h"

namespace ovd {
namespace {

std::string Text(const Napi::Value& value, const char* name) {
  if (!value.IsString()) throw CodedError("INVALID_ARGUMENT", std::string("Expected a string for ") + name);
  return value.As<Napi::String>().Utf8Value();
}

Napi::Array List(const Napi::Value& value, const char* name) {
  if (!value.IsArray()) throw CodedError("INVALID_ARGUMENT", std::string("Expected a list for ") + name);
  return value.As<Napi::Array>();
}

/** A constant over a file's bytes; the range is checked, since offsets come from the file itself. */
std::shared_ptr<ov::Node> MappedConstant(const ov::element::Type& type, const ov::Shape& shape,
                                         const std::shared_ptr<Mapping>& mapping, double offset) {
  const size_t bytes = ov::shape_size(shape) * type.size();
  if (!(offset >= 0) || offset + static_cast<double>(bytes) > static_cast<double>(mapping->size())) {
    throw CodedError("MODEL_CORRUPT", "A tensor of " + std::to_string(bytes) + " bytes at offset " +
                                          std::to_string(offset) + " lies outside its file of " +
                                          std::to_string(mapping->size()) + " bytes");
  }
  return std::make_shared<ov::op::v0::Constant>(type, shape, mapping->data() + static_cast<size_t>(offset),
                                                mapping);
}

/** The mark that OpenVINO's own classes set, which its headers keep to themselves. */
class Decompression : public ov::RuntimeAttribute {
 public:
  OPENVINO_RTTI("decompression", "0", ov::RuntimeAttribute);
  bool visit_attributes(ov::AttributeVisitor& /*visitor*/) override { return true; }
  bool is_copyable() const override { return false; }
};

ov::Output<ov::Node> Fold(const ov::Output<ov::Node>& output) {
  const auto node = output.get_node_shared_ptr();
  if (ov::is_type<ov::op::v0::Constant>(node)) return output;
  ov::OutputVector inputs;
  for (const auto& input : node->input_values()) inputs.push_back(Fold(input));
  ov::OutputVector folded(node->get_output_size());
  if (!node->constant_fold(folded, inputs)) {
    throw CodedError("INVALID_ARGUMENT",
                     std::string(node->get_type_name()) + " cannot be folded into a constant");
  }
  return folded[output.get_index()];
}

}  // namespace

Napi::Function GraphOutput::Define(Napi::Env env) {
  return DefineClass(env, "GraphOutput",
                     {
                         InstanceAccessor<&GraphOutput::ElementType>("elementType"),
                         InstanceAccessor<&GraphOutput::Shape>("shape"),
                     });
}

Napi::Object GraphOutput::Make(Napi::Env env, const ov::Output<ov::Node>& output) {
  auto given = output;
  return Environment::Of(env).graphOutput.New({Napi::External<ov::Output<ov::Node>>::New(env, &given)});
}

const ov::Output<ov::Node>& GraphOutput::From(Napi::Env env, const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().InstanceOf(Environment::Of(env).graphOutput.Value())) {
    throw CodedError("INVALID_ARGUMENT", "Expected the output of a graph node");
  }
  return Unwrap(value.As<Napi::Object>())->output_;
}

GraphOutput::GraphOutput(const Napi::CallbackInfo& info) : Napi::ObjectWrap<GraphOutput>(info) {
  Guarded(info.Env(), [&] {
    if (info.Length() != 1 || !info[0].IsExternal()) {
      throw CodedError("INVALID_ARGUMENT",
                       "A GraphOutput comes from graphNode(), graphParameter() or graphConstant()");
    }
    output_ = *info[0].As<Napi::External<ov::Output<ov::Node>>>().Data();
  });
}

Napi::Value GraphOutput::ElementType(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), ElementTypeName(output_.get_element_type()));
}

Napi::Value GraphOutput::Shape(const Napi::CallbackInfo& info) {
  return PortShapeToScript(info.Env(), output_.get_partial_shape());
}

Napi::Value GraphParameter(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const auto type = ElementTypeFromName(Text(info[0], "elementType"));
    auto parameter =
        std::make_shared<ov::op::v0::Parameter>(type, PortShapeFromScript(List(info[1], "shape")));
    const std::string name = Text(info[2], "name");
    parameter->set_friendly_name(name);
    parameter->output(0).set_names({name});
    return GraphOutput::Make(info.Env(), parameter->output(0));
  });
}

Napi::Value GraphConstant(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const auto type = ElementTypeFromName(Text(info[0], "elementType"));
    const ov::Shape shape = ShapeFromScript(List(info[1], "shape"));
    const Napi::Value source = info[2];
    std::shared_ptr<ov::Node> constant;
    if (source.IsTypedArray()) {
      auto array = source.As<Napi::TypedArray>();
      if (array.TypedArrayType() != TypedArrayKind(type) ||
          array.ByteLength() != ov::shape_size(shape) * type.size()) {
        throw CodedError("SHAPE_MISMATCH", "A constant of type " + ElementTypeName(type) + " and shape " +
                                               shape.to_string() +
                                               " does not fit the typed array given for it");
      }
      const auto* start = static_cast<const uint8_t*>(array.ArrayBuffer().Data()) + array.ByteOffset();
      constant = std::make_shared<ov::op::v0::Constant>(type, shape, start);
    } else if (source.IsObject() &&
               source.As<Napi::Object>().InstanceOf(Environment::Of(info.Env()).mappedFile.Value())) {
      const double offset = info[3].IsNumber() ? info[3].As<Napi::Number>().DoubleValue() : -1;
      constant = MappedConstant(type, shape, MappedFile::Unwrap(source.As<Napi::Object>())->Get(), offset);
    } else {
      throw CodedError("INVALID_ARGUMENT", "Expected a typed array or a MappedFile for a constant");
    }
    if (info[4].IsString()) constant->set_friendly_name(Text(info[4], "name"));
    return GraphOutput::Make(info.Env(), constant->output(0));
  });
}

Napi::Value GraphNode(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const std::string operation = Text(info[0], "operation");
    const Napi::Array inputs = List(info[1], "inputs");
    const std::string setName = Text(info[3], "operationSet");
    const auto& sets = ov::get_available_opsets();
    const auto set = sets.find(setName);
    if (set == sets.end())
      throw CodedError("INVALID_ARGUMENT", "OpenVINO has no operation set '" + setName + "'");
    if (!set->second().contains_type(operation)) {
      throw CodedError("INVALID_ARGUMENT",
                       "Operation set " + setName + " has no operation '" + operation + "'");
    }
    ov::OutputVector arguments;
    for (uint32_t i = 0; i < inputs.Length(); ++i)
      arguments.push_back(GraphOutput::From(info.Env(), inputs.Get(i)));

    const std::shared_ptr<ov::Node> node(set->second().create(operation));
    node->set_arguments(arguments);
    AttributeReader attributes(info[2].IsObject() ? info[2].As<Napi::Object>()
                                                  : Napi::Object::New(info.Env()));
    node->visit_attributes(attributes);
    attributes.RequireAllTaken(operation);
    node->constructor_validate_and_infer_types();
    if (info[4].IsString()) node->set_friendly_name(Text(info[4], "name"));

    Napi::Array outputs = Napi::Array::New(info.Env(), node->get_output_size());
    for (uint32_t i = 0; i < outputs.Length(); ++i)
      outputs.Set(i, GraphOutput::Make(info.Env(), node->output(i)));
    return outputs;
  });
}

Napi::Value GraphFold(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const auto folded = Fold(GraphOutput::From(info.Env(), info[0]));
    if (info[1].IsString()) folded.get_node_shared_ptr()->set_friendly_name(Text(info[1], "name"));
    return GraphOutput::Make(info.Env(), folded);
  });
}

Napi::Value GraphMarkDecompression(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    auto& marks = GraphOutput::From(info.Env(), info[0]).get_node_shared_ptr()->get_rt_info();
    marks[Decompression::get_type_info_static()] = Decompression();
    return info.Env().Undefined();
  });
}

Napi::Value GraphModel(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    Napi::Env env = info.Env();
    ov::ParameterVector parameters;
    const Napi::Array given = List(info[0], "parameters");
    for (uint32_t i = 0; i < given.Length(); ++i) {
      auto parameter = std::dynamic_pointer_cast<ov::op::v0::Parameter>(
          GraphOutput::From(env, given.Get(i)).get_node_shared_ptr());
      if (!parameter)
        throw CodedError("INVALID_ARGUMENT", "Expected outputs of graphParameter() for parameters");
      parameters.push_back(parameter);
    }
    ov::ResultVector results;
    const Napi::Array wanted = List(info[1], "results");
    for (uint32_t i = 0; i < wanted.Length(); ++i) {
      const Napi::Value item = wanted.Get(i);
      if (!item.IsObject())
        throw CodedError("INVALID_ARGUMENT", "Expected { output, names } for each result");
      auto output = GraphOutput::From(env, item.As<Napi::Object>().Get("output"));
      const Napi::Array names = List(item.As<Napi::Object>().Get("names"), "names");
      for (uint32_t n = 0; n < names.Length(); ++n) output.add_names({Text(names.Get(n), "a name")});
      auto result = std::make_shared<ov::op::v0::Result>(output);
      results.push_back(result);
    }
    auto model = std::make_shared<ov::Model>(results, parameters, Text(info[2], "name"));
    const Napi::Array entries = info[3].IsUndefined() ? Napi::Array::New(env) : List(info[3], "runtimeInfo");
    for (uint32_t i = 0; i < entries.Length(); ++i) {
      const Napi::Array entry = List(entries.Get(i), "an entry of runtimeInfo");
      std::vector<std::string> path;
      for (uint32_t n = 0; n < entry.Length(); ++n) path.push_back(Text(entry.Get(n), "runtimeInfo"));
      if (path.size() < 2) throw CodedError("INVALID_ARGUMENT", "Expected [...path, value] in runtimeInfo");
      const std::string value = path.back();
      path.pop_back();
      model->set_rt_info(value, path);
    }
    return Model::Wrap(std::move(model))(env);
  });
}

}  // namespace ovd
