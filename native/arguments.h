// What JavaScript passes to native calls, checked. All of these throw CodedError INVALID_ARGUMENT.
#pragma once

#include <napi.h>

#include <cstdint>
#include <optional>
#include <string>

namespace ovd {

std::string TextOf(const Napi::Value& value, const std::string& name);

std::string TextArgument(const Napi::CallbackInfo& info, size_t index, const std::string& name);

Napi::Array ListOf(const Napi::Value& value, const std::string& name);

Napi::Number NumberOf(const Napi::Value& value, const std::string& name);

/** A whole number from 0 that a double holds exactly. */
uint64_t WholeNumberOf(const Napi::Value& value, const std::string& name);

/** The one options object of a call. */
class Options {
 public:
  /** @param call - what it is passed to, for messages */
  Options(const Napi::CallbackInfo& info, const std::string& call);

  Napi::Value Get(const char* name) const { return options_.Get(name); }
  std::string Text(const char* name) const { return TextOf(Get(name), name); }
  Napi::Array List(const char* name) const { return ListOf(Get(name), name); }
  std::optional<std::string> OptionalText(const char* name) const;
  std::optional<Napi::Object> OptionalObject(const char* name) const;

 private:
  Napi::Object options_;
};

}  // namespace ovd
