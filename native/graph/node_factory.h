// Networks built node by node. One factory serves every operation of OpenVINO's operation sets, so that the
// networks themselves can be written in TypeScript.
#pragma once

#include <napi.h>

#include <openvino/core/node_output.hpp>

namespace ovd {

/** JavaScript: one output of a node under construction; elementType, shape. Made by the functions below. */
class GraphOutput : public Napi::ObjectWrap<GraphOutput> {
 public:
  static Napi::Function Define(Napi::Env env);
  static Napi::Object Make(Napi::Env env, const ov::Output<ov::Node>& output);
  /** @throws CodedError when `value` is not one */
  static const ov::Output<ov::Node>& From(Napi::Env env, const Napi::Value& value);

  explicit GraphOutput(const Napi::CallbackInfo& info);

 private:
  Napi::Value ElementType(const Napi::CallbackInfo& info);
  Napi::Value Shape(const Napi::CallbackInfo& info);

  ov::Output<ov::Node> output_;
};

/** graphParameter(elementType, shape, name): an input of the network. */
Napi::Value GraphParameter(const Napi::CallbackInfo& info);

/**
 * graphConstant(elementType, shape, typedArray): the data is copied; or graphConstant(elementType, shape,
 * mappedFile, byteOffset): the data stays in the file, which lives as long as the constant.
 */
Napi::Value GraphConstant(const Napi::CallbackInfo& info);

/** graphNode(operation, inputs, attributes, operationSet, name?): the node's outputs, in order. */
Napi::Value GraphNode(const Napi::CallbackInfo& info);

/** graphFold(output, name?): a constant with the value of an output that depends on constants only. */
Napi::Value GraphFold(const Napi::CallbackInfo& info);

/**
 * graphMarkDecompression(output): tells OpenVINO that this Convert stands for weights stored in a smaller
 * type, so that it keeps them small as long as it can.
 */
Napi::Value GraphMarkDecompression(const Napi::CallbackInfo& info);

/**
 * graphModel(parameters, [{ output, names }], name, [[...path, value]]): a Model that can be compiled or
 * saved; the values at their paths become the model's runtime information.
 */
Napi::Value GraphModel(const Napi::CallbackInfo& info);

}  // namespace ovd
