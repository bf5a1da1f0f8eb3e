#include "graph/node_factory.h"

#include <openvino/core/runtime_attribute.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/parameter.hpp>
#include <openvino/opsets/opset.hpp>
#include <string>

#include "arguments.h"
#include "element_type.h"
#include "graph/attributes.h"
#include "graph/check_node.h"
#include "graph/fold.h"
#include "graph/graph_output.h"
#include "graph/operations.h"
#include "objects/mapped_file.h"
#include "ports.h"

namespace ovd {
namespace {

std::shared_ptr<ov::Node> CopiedConstant(const ov::element::Type& type, const ov::Shape& shape,
                                         const Napi::Value& data) {
  const ArrayBytes bytes = BytesOf(data);
  if (bytes.kind != TypedArrayKind(type) || bytes.size != ov::shape_size(shape) * type.size()) {
    throw CodedError("SHAPE_MISMATCH", "A constant of type " + ElementTypeName(type) + " and shape " +
                                           shape.to_string() + " does not fit the typed array given for it");
  }
  return std::make_shared<ov::op::v0::Constant>(type, shape, static_cast<const void*>(bytes.data));
}

/** A constant over a file's bytes; the range is checked, since offsets come from the file itself. */
std::shared_ptr<ov::Node> MappedConstant(const ov::element::Type& type, const ov::Shape& shape,
                                         const std::shared_ptr<Mapping>& mapping,
                                         const Napi::Number& byteOffset) {
  const size_t bytes = ov::shape_size(shape) * type.size();
  const double offset = byteOffset.DoubleValue();
  // As JavaScript writes it: whole where it is.
  const std::string digits = byteOffset.ToString().Utf8Value();
  if (!(offset >= 0) || offset > static_cast<double>(mapping->size()) ||
      bytes > mapping->size() - static_cast<size_t>(offset)) {
    throw CodedError("MODEL_CORRUPT", "A tensor of " + std::to_string(bytes) + " bytes at offset " + digits +
                                          " lies outside its file of " + std::to_string(mapping->size()) +
                                          " bytes");
  }
  const auto start = static_cast<size_t>(offset);
  if (static_cast<double>(start) != offset || start % type.size() != 0) {
    throw CodedError("INVALID_ARGUMENT", "Expected a multiple of " + std::to_string(type.size()) +
                                             " as the byteOffset of elements of type " +
                                             ElementTypeName(type) + " but received " + digits);
  }
  return std::make_shared<ov::op::v0::Constant>(type, shape, mapping->data() + start, mapping);
}

/** The mark that OpenVINO's own classes set, which its headers keep to themselves. */
class Decompression : public ov::RuntimeAttribute {
 public:
  OPENVINO_RTTI("decompression", "0", ov::RuntimeAttribute);
  bool visit_attributes(ov::AttributeVisitor& /*visitor*/) override { return true; }
  bool is_copyable() const override { return false; }
};

}  // namespace

Napi::Value GraphParameter(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const Options options(info, "graphParameter");
    const auto type = ElementTypeFromName(options.Text("elementType"));
    auto parameter =
        std::make_shared<ov::op::v0::Parameter>(type, PortShapeFromScript(options.List("shape")));
    const std::string name = options.Text("name");
    parameter->set_friendly_name(name);
    parameter->output(0).set_names({name});
    return GraphOutput::Make(info.Env(), parameter->output(0));
  });
}

Napi::Value GraphConstant(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const Options options(info, "graphConstant");
    const auto type = ElementTypeFromName(options.Text("elementType"));
    const ov::Shape shape = ShapeFromScript(options.List("shape"));
    const auto name = options.OptionalText("name");
    const Napi::Value file = options.Get("file");
    std::shared_ptr<ov::Node> constant;
    if (file.IsUndefined()) {
      constant = CopiedConstant(type, shape, options.Get("data"));
    } else {
      const auto mapping = MappedFile::Unwrap(file)->Get();
      constant = MappedConstant(type, shape, mapping, NumberOf(options.Get("byteOffset"), "byteOffset"));
    }
    if (name) constant->set_friendly_name(*name);
    return GraphOutput::Make(info.Env(), constant->output(0));
  });
}

Napi::Value GraphNode(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const Options options(info, "graphNode");
    const std::string operation = options.Text("operation");
    const std::string setName = options.Text("operationSet");
    const auto name = options.OptionalText("name");
    const Napi::Array inputs = options.List("inputs");
    ov::OutputVector arguments;
    for (uint32_t i = 0; i < inputs.Length(); ++i) arguments.push_back(GraphOutput::From(inputs.Get(i)));

    const auto node = CreateNode(setName, operation);
    node->set_arguments(arguments);
    AttributeReader attributes(options.OptionalObject("attributes").value_or(Napi::Object::New(info.Env())));
    node->visit_attributes(attributes);
    attributes.RequireAllTaken(operation);
    node->constructor_validate_and_infer_types();
    CheckNode(*node);
    if (name) node->set_friendly_name(*name);

    Napi::Array outputs = Napi::Array::New(info.Env(), node->get_output_size());
    for (uint32_t i = 0; i < outputs.Length(); ++i)
      outputs.Set(i, GraphOutput::Make(info.Env(), node->output(i)));
    return outputs;
  });
}

Napi::Value GraphFold(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const Options options(info, "graphFold");
    const auto folded = Fold(GraphOutput::From(options.Get("output")));
    const auto name = options.OptionalText("name");
    if (name) folded.get_node_shared_ptr()->set_friendly_name(*name);
    return GraphOutput::Make(info.Env(), folded);
  });
}

Napi::Value GraphMarkDecompression(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    auto& marks = GraphOutput::From(info[0]).get_node_shared_ptr()->get_rt_info();
    marks[Decompression::get_type_info_static()] = Decompression();
    return info.Env().Undefined();
  });
}

}  // namespace ovd
