// Ports and shapes, as JavaScript sees them.
#pragma once

#include <napi.h>

#include <map>
#include <openvino/core/node_output.hpp>
#include <openvino/core/partial_shape.hpp>
#include <string>
#include <vector>

namespace ovd {

/** What is known of one input or output; taken once, so that reading it needs no lock on the model. */
struct Port {
  std::vector<std::string> names;
  ov::element::Type elementType;
  ov::PartialShape shape;
};

template <typename Output>
std::vector<Port> DescribePorts(const std::vector<Output>& outputs) {
  std::vector<Port> ports;
  ports.reserve(outputs.size());
  for (const auto& output : outputs) {
    const auto& names = output.get_names();
    ports.push_back({{names.begin(), names.end()}, output.get_element_type(), output.get_partial_shape()});
  }
  return ports;
}

/** [{ names, elementType, shape }]: a fixed dimension is a number, a free one -1, a bounded one [min, max].
 */
Napi::Array PortsToScript(Napi::Env env, const std::vector<Port>& ports);

/** One shape in the same form; null where even the rank is free. */
Napi::Value PortShapeToScript(Napi::Env env, const ov::PartialShape& shape);
ov::PartialShape PortShapeFromScript(const Napi::Array& shape);

Napi::Value ShapeToScript(Napi::Env env, const ov::Shape& shape);
ov::Shape ShapeFromScript(const Napi::Array& shape);

/** { portName: [dimension, …], … }, dimensions as in `PortsToScript`. */
std::map<std::string, ov::PartialShape> ShapesFromScript(const Napi::Object& shapes);

/** { portName: elementType, … } */
std::map<std::string, ov::element::Type> ElementTypesFromScript(const Napi::Object& types);

}  // namespace ovd
