#include "graph/attributes.h"

#include <cmath>
#include <openvino/core/partial_shape.hpp>
#include <type_traits>
#include <vector>

#include "errors.h"

namespace ovd {
namespace {

[[noreturn]] void Refuse(const std::string& name, const char* expected) {
  throw CodedError("INVALID_ARGUMENT", "Expected " + std::string(expected) + " for attribute " + name);
}

/** Not an integer, or one that a double does not hold exactly. */
bool IsInexact(double number) {
  return number != std::floor(number) || std::fabs(number) > 9007199254740991.0;
}

/** Far beyond any kernel's size, stride or padding, far below what loops over it would not end with. */
constexpr double kMaxWindow = 65536;

/** What OpenVINO's kernels divide by, or step by, without looking. */
bool MustBePositive(const std::string& name) {
  return name == "strides" || name == "dilations" || name == "kernel";
}

bool IsOfWindow(const std::string& name) {
  return MustBePositive(name) || name == "pads_begin" || name == "pads_end" || name == "output_padding";
}

template <typename T>
std::vector<T> Numbers(const std::string& name, const Napi::Value& value) {
  if (!value.IsArray()) Refuse(name, "a list of numbers");
  const auto list = value.As<Napi::Array>();
  std::vector<T> numbers;
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Value item = list.Get(i);
    if (!item.IsNumber()) Refuse(name, "a list of numbers");
    const double number = item.As<Napi::Number>().DoubleValue();
    if (std::is_integral_v<T> && IsInexact(number)) Refuse(name, "a list of whole numbers");
    if (std::is_unsigned_v<T> && number < 0) Refuse(name, "a list of whole numbers from 0");
    if (MustBePositive(name) && number < 1) Refuse(name, "a list of whole numbers from 1");
    if (IsOfWindow(name) && std::fabs(number) > kMaxWindow) Refuse(name, "whole numbers up to 65536");
    numbers.push_back(static_cast<T>(number));
  }
  return numbers;
}

}  // namespace

bool AttributeReader::Take(const std::string& name, Napi::Value* value) {
  asked_.insert(name);
  *value = attributes_.Get(name);
  return !value->IsUndefined();
}

void AttributeReader::RequireAllTaken(const std::string& operation) const {
  const Napi::Array given = attributes_.GetPropertyNames();
  for (uint32_t i = 0; i < given.Length(); ++i) {
    const std::string name = given.Get(i).ToString().Utf8Value();
    if (asked_.count(name) > 0) continue;
    std::string known;
    for (const std::string& attribute : asked_) known += (known.empty() ? "" : ", ") + attribute;
    throw CodedError("INVALID_ARGUMENT", operation + " has no attribute '" + name + "'; it has " +
                                             (known.empty() ? "none" : known));
  }
}

void AttributeReader::on_adapter(const std::string& name, ov::ValueAccessor<void>& adapter) {
  Napi::Value value;
  if (!Take(name, &value)) return;
  if (auto* shape = ov::as_type<ov::AttributeAdapter<ov::PartialShape>>(&adapter)) {
    const auto sizes = Numbers<int64_t>(name, value);
    shape->set(ov::PartialShape(std::vector<ov::Dimension>(sizes.begin(), sizes.end())));
    return;
  }
  Refuse(name, "nothing: it is of a kind that cannot be given");
}

void AttributeReader::on_adapter(const std::string& name, ov::ValueAccessor<std::string>& adapter) {
  Napi::Value value;
  if (!Take(name, &value)) return;
  if (!value.IsString()) Refuse(name, "a string");
  adapter.set(value.As<Napi::String>().Utf8Value());
}

void AttributeReader::on_adapter(const std::string& name, ov::ValueAccessor<bool>& adapter) {
  Napi::Value value;
  if (!Take(name, &value)) return;
  if (!value.IsBoolean()) Refuse(name, "a boolean");
  adapter.set(value.As<Napi::Boolean>().Value());
}

void AttributeReader::on_adapter(const std::string& name, ov::ValueAccessor<int64_t>& adapter) {
  Napi::Value value;
  if (!Take(name, &value)) return;
  if (!value.IsNumber() || IsInexact(value.As<Napi::Number>().DoubleValue())) Refuse(name, "a whole number");
  adapter.set(value.As<Napi::Number>().Int64Value());
}

void AttributeReader::on_adapter(const std::string& name, ov::ValueAccessor<double>& adapter) {
  Napi::Value value;
  if (!Take(name, &value)) return;
  if (!value.IsNumber()) Refuse(name, "a number");
  adapter.set(value.As<Napi::Number>().DoubleValue());
}

void AttributeReader::on_adapter(const std::string& name, ov::ValueAccessor<std::vector<int64_t>>& adapter) {
  Napi::Value value;
  if (Take(name, &value)) adapter.set(Numbers<int64_t>(name, value));
}

void AttributeReader::on_adapter(const std::string& name, ov::ValueAccessor<std::vector<uint64_t>>& adapter) {
  Napi::Value value;
  if (Take(name, &value)) adapter.set(Numbers<uint64_t>(name, value));
}

void AttributeReader::on_adapter(const std::string& name, ov::ValueAccessor<std::vector<float>>& adapter) {
  Napi::Value value;
  if (Take(name, &value)) adapter.set(Numbers<float>(name, value));
}

void AttributeReader::on_adapter(const std::string& name,
                                 ov::ValueAccessor<std::vector<std::string>>& adapter) {
  Napi::Value value;
  if (!Take(name, &value)) return;
  if (!value.IsArray()) Refuse(name, "a list of strings");
  const auto list = value.As<Napi::Array>();
  std::vector<std::string> texts;
  for (uint32_t i = 0; i < list.Length(); ++i) texts.push_back(list.Get(i).ToString().Utf8Value());
  adapter.set(texts);
}

}  // namespace ovd
