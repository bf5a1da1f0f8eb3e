#include "arguments.h"

#include <cmath>

#include "errors.h"

namespace ovd {
namespace {

constexpr double kLargestSafeInteger = 9007199254740991.0;

[[noreturn]] void Refuse(const char* expected, const std::string& name) {
  throw CodedError("INVALID_ARGUMENT", "Expected " + std::string(expected) + " for " + name);
}

}  // namespace

std::string TextOf(const Napi::Value& value, const std::string& name) {
  if (!value.IsString()) Refuse("a string", name);
  return value.As<Napi::String>().Utf8Value();
}

std::string TextArgument(const Napi::CallbackInfo& info, size_t index, const std::string& name) {
  return TextOf(info[index], name);
}

Napi::Array ListOf(const Napi::Value& value, const std::string& name) {
  if (!value.IsArray()) Refuse("a list", name);
  return value.As<Napi::Array>();
}

Napi::Number NumberOf(const Napi::Value& value, const std::string& name) {
  if (!value.IsNumber()) Refuse("a number", name);
  return value.As<Napi::Number>();
}

uint64_t WholeNumberOf(const Napi::Value& value, const std::string& name) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= 0) || number > kLargestSafeInteger || number != std::floor(number))
    Refuse("a whole number from 0", name);
  return static_cast<uint64_t>(number);
}

Options::Options(const Napi::CallbackInfo& info, const std::string& call) {
  if (!info[0].IsObject()) Refuse("an object of options", call);
  options_ = info[0].As<Napi::Object>();
}

std::optional<std::string> Options::OptionalText(const char* name) const {
  const Napi::Value value = Get(name);
  if (value.IsUndefined()) return std::nullopt;
  return TextOf(value, name);
}

std::optional<Napi::Object> Options::OptionalObject(const char* name) const {
  const Napi::Value value = Get(name);
  if (value.IsUndefined()) return std::nullopt;
  if (!value.IsObject()) Refuse("an object", name);
  return value.As<Napi::Object>();
}

}  // namespace ovd
