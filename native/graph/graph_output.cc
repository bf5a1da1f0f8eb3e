#include "graph/graph_output.h"

#include "element_type.h"
#include "ports.h"

namespace ovd {

Napi::Function GraphOutput::Define(Napi::Env env) {
  return DefineWrapped(env, {
                                InstanceAccessor<&GraphOutput::ElementType>("elementType"),
                                InstanceAccessor<&GraphOutput::Shape>("shape"),
                            });
}

Napi::Value GraphOutput::ElementType(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), ElementTypeName(parts_.get_element_type()));
}

Napi::Value GraphOutput::Shape(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] { return PortShapeToScript(info.Env(), parts_.get_partial_shape()); });
}

}  // namespace ovd
