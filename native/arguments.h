// What JavaScript calls pass, checked.
#pragma once

#include <napi.h>

#include <string>

#include "errors.h"

namespace ovd {

/** @throws CodedError when the argument is no string */
inline std::string TextArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (!info[index].IsString())
    throw CodedError("INVALID_ARGUMENT", std::string("Expected a string for ") + name);
  return info[index].As<Napi::String>().Utf8Value();
}

}  // namespace ovd
