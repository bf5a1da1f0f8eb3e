#include "ports.h"

#include <algorithm>
#include <cmath>

#include "element_type.h"
#include "errors.h"

namespace ovd {
namespace {

constexpr double kLargestSafeInteger = 9007199254740991.0;

int64_t WholeNumber(const Napi::Value& value, int64_t least) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan("");
  if (!(number >= static_cast<double>(least)) || number > kLargestSafeInteger ||
      number != std::floor(number)) {
    throw CodedError("INVALID_ARGUMENT", "Expected a shape of whole numbers from " + std::to_string(least) +
                                             " but received " + value.ToString().Utf8Value());
  }
  return static_cast<int64_t>(number);
}

ov::Dimension DimensionFromScript(const Napi::Value& value) {
  if (!value.IsArray()) return ov::Dimension(WholeNumber(value, -1));
  const auto bounds = value.As<Napi::Array>();
  if (bounds.Length() != 2)
    throw CodedError("INVALID_ARGUMENT", "Expected [min, max] for a bounded dimension");
  return {WholeNumber(bounds.Get(0U), 0), WholeNumber(bounds.Get(1U), -1)};
}

Napi::Value DimensionToScript(Napi::Env env, const ov::Dimension& dimension) {
  if (dimension.is_static()) return Napi::Number::New(env, static_cast<double>(dimension.get_length()));
  const auto interval = dimension.get_interval();
  if (interval.get_min_val() == 0 && !interval.has_upper_bound()) return Napi::Number::New(env, -1);
  Napi::Array bounds = Napi::Array::New(env, 2);
  bounds.Set(0U, Napi::Number::New(env, static_cast<double>(interval.get_min_val())));
  bounds.Set(1U, Napi::Number::New(
                     env, interval.has_upper_bound() ? static_cast<double>(interval.get_max_val()) : -1));
  return bounds;
}

}  // namespace

Napi::Array PortsToScript(Napi::Env env, const std::vector<Port>& ports) {
  Napi::Array result = Napi::Array::New(env, ports.size());
  for (uint32_t i = 0; i < ports.size(); ++i) {
    const Port& port = ports[i];
    Napi::Object entry = Napi::Object::New(env);
    // A set has no order of its own; sorted, the first name is the same on every run.
    std::vector<std::string> sorted = port.names;
    std::sort(sorted.begin(), sorted.end());
    Napi::Array names = Napi::Array::New(env, sorted.size());
    for (uint32_t n = 0; n < sorted.size(); ++n) names.Set(n, Napi::String::New(env, sorted[n]));
    entry.Set("names", names);
    entry.Set("elementType", Napi::String::New(env, ElementTypeName(port.elementType)));
    entry.Set("shape", PortShapeToScript(env, port.shape));
    result.Set(i, entry);
  }
  return result;
}

Napi::Value PortShapeToScript(Napi::Env env, const ov::PartialShape& shape) {
  if (shape.rank().is_dynamic()) return env.Null();
  Napi::Array result = Napi::Array::New(env, shape.size());
  for (uint32_t i = 0; i < shape.size(); ++i) result.Set(i, DimensionToScript(env, shape[i]));
  return result;
}

ov::PartialShape PortShapeFromScript(const Napi::Array& shape) {
  std::vector<ov::Dimension> dimensions;
  for (uint32_t i = 0; i < shape.Length(); ++i) dimensions.push_back(DimensionFromScript(shape.Get(i)));
  return dimensions;
}

Napi::Value ShapeToScript(Napi::Env env, const ov::Shape& shape) {
  Napi::Array result = Napi::Array::New(env, shape.size());
  for (uint32_t i = 0; i < shape.size(); ++i)
    result.Set(i, Napi::Number::New(env, static_cast<double>(shape[i])));
  return result;
}

ov::Shape ShapeFromScript(const Napi::Array& shape) {
  ov::Shape result;
  double elements = 1;
  for (uint32_t i = 0; i < shape.Length(); ++i) {
    result.push_back(static_cast<size_t>(WholeNumber(shape.Get(i), 0)));
    elements *= static_cast<double>(result.back());
  }
  if (elements > kLargestSafeInteger)
    throw CodedError("INVALID_ARGUMENT", "The shape has more elements than memory can hold");
  return result;
}

std::map<std::string, ov::PartialShape> ShapesFromScript(const Napi::Object& shapes) {
  std::map<std::string, ov::PartialShape> result;
  const Napi::Array names = shapes.GetPropertyNames();
  for (uint32_t i = 0; i < names.Length(); ++i) {
    const std::string name = names.Get(i).ToString().Utf8Value();
    const Napi::Value value = shapes.Get(name);
    if (!value.IsArray())
      throw CodedError("INVALID_ARGUMENT", "Expected an array as the shape of port '" + name + "'");
    result.emplace(name, PortShapeFromScript(value.As<Napi::Array>()));
  }
  return result;
}

std::map<std::string, ov::element::Type> ElementTypesFromScript(const Napi::Object& types) {
  std::map<std::string, ov::element::Type> result;
  const Napi::Array names = types.GetPropertyNames();
  for (uint32_t i = 0; i < names.Length(); ++i) {
    const std::string name = names.Get(i).ToString().Utf8Value();
    result.emplace(name, ElementTypeFromName(types.Get(name).ToString().Utf8Value()));
  }
  return result;
}

}  // namespace ovd
