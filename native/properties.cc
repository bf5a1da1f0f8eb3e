#include "properties.h"

#include <cmath>
#include <vector>

#include "errors.h"

namespace ovd {
namespace {

ov::Any FromScript(const std::string& name, const Napi::Value& value) {
  if (value.IsBoolean()) return value.As<Napi::Boolean>().Value();
  if (value.IsString()) return value.As<Napi::String>().Utf8Value();
  if (value.IsNumber()) {
    if (!std::isfinite(value.As<Napi::Number>().DoubleValue()))
      throw CodedError("INVALID_ARGUMENT", "Expected a finite number for property " + name);
    // Plugins parse text for every property, whatever its C++ type. JavaScript writes the shortest text that
    // means the same number, whole numbers without a point, in every locale.
    return value.ToString().Utf8Value();
  }
  throw CodedError("INVALID_ARGUMENT", "Expected a string, number or boolean for property " + name);
}

}  // namespace

ov::AnyMap PropertiesFromScript(const Napi::Value& properties) {
  ov::AnyMap result;
  if (properties.IsUndefined() || properties.IsNull()) return result;
  if (!properties.IsObject())
    throw CodedError("INVALID_ARGUMENT", "Expected an object of OpenVINO properties");
  const auto object = properties.As<Napi::Object>();
  const Napi::Array names = object.GetPropertyNames();
  for (uint32_t i = 0; i < names.Length(); ++i) {
    const std::string name = names.Get(i).ToString().Utf8Value();
    const Napi::Value value = object.Get(name);
    if (!value.IsUndefined()) result.emplace(name, FromScript(name, value));
  }
  return result;
}

Napi::Value PropertyToScript(Napi::Env env, const ov::Any& value) {
  if (value.empty()) return env.Undefined();
  if (value.is<bool>()) return Napi::Boolean::New(env, value.as<bool>());
  if (value.is<int32_t>()) return Napi::Number::New(env, value.as<int32_t>());
  if (value.is<uint32_t>()) return Napi::Number::New(env, value.as<uint32_t>());
  if (value.is<int64_t>()) return Napi::Number::New(env, static_cast<double>(value.as<int64_t>()));
  if (value.is<uint64_t>()) return Napi::Number::New(env, static_cast<double>(value.as<uint64_t>()));
  if (value.is<float>()) return Napi::Number::New(env, value.as<float>());
  if (value.is<double>()) return Napi::Number::New(env, value.as<double>());
  if (value.is<std::vector<std::string>>()) {
    const auto& items = value.as<std::vector<std::string>>();
    Napi::Array list = Napi::Array::New(env, items.size());
    for (uint32_t i = 0; i < items.size(); ++i) list.Set(i, Napi::String::New(env, items[i]));
    return list;
  }
  return Napi::String::New(env, value.as<std::string>());
}

}  // namespace ovd
