// One output of a node under construction.
#pragma once

#include <napi.h>

#include <openvino/core/node_output.hpp>

#include "wrapped.h"

namespace ovd {

/** JavaScript: elementType, shape. Made by the functions of node_factory.h. */
class GraphOutput : public MadeFrom<GraphOutput, ov::Output<ov::Node>> {
 public:
  static constexpr const char* kName = "GraphOutput";
  static constexpr const char* kMaker = "graphNode(), graphParameter() or graphConstant()";
  static Napi::Function Define(Napi::Env env);

  explicit GraphOutput(const Napi::CallbackInfo& info) : MadeFrom(info) {}

  /** @throws Napi::Error INVALID_ARGUMENT when `value` is not one */
  static const ov::Output<ov::Node>& From(const Napi::Value& value) { return Unwrap(value)->parts_; }

 private:
  Napi::Value ElementType(const Napi::CallbackInfo& info);
  Napi::Value Shape(const Napi::CallbackInfo& info);
};

}  // namespace ovd
