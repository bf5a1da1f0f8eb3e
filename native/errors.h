// Every C++ exception becomes a JavaScript error with a stable `code`, here and nowhere else.
#pragma once

#include <napi.h>

#include <exception>
#include <new>
#include <openvino/core/except.hpp>
#include <openvino/runtime/exception.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace ovd {

/** A failure that may cross threads: it names its code and owns its text. */
struct Failure {
  std::string code;
  std::string message;
};

/** Thrown by this addon's own checks. */
class CodedError : public std::runtime_error {
 public:
  CodedError(std::string code, const std::string& message)
      : std::runtime_error(message), code_(std::move(code)) {}
  const std::string& code() const noexcept { return code_; }

 private:
  std::string code_;
};

inline Failure Describe(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const CodedError& error) {
    return {error.code(), error.what()};
  } catch (const ov::Busy& error) {
    return {"BUSY", error.what()};
  } catch (const ov::Cancelled& error) {
    return {"CANCELLED", error.what()};
  } catch (const std::bad_alloc&) {
    return {"OUT_OF_MEMORY", "The process ran out of memory."};
  } catch (const std::exception& error) {
    return {"OPENVINO", error.what()};
  } catch (...) {
    return {"OPENVINO", "An exception of unknown type was thrown."};
  }
}

inline Napi::Error ToError(Napi::Env env, const Failure& failure) {
  Napi::Error error = Napi::Error::New(env, failure.message);
  error.Set("code", Napi::String::New(env, failure.code));
  return error;
}

/** Runs `body` on the JavaScript thread; whatever it throws reaches JavaScript as an error with a code. */
template <typename Body>
auto Guarded(Napi::Env env, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (...) {
    throw ToError(env, Describe(std::current_exception()));
  }
}

}  // namespace ovd
