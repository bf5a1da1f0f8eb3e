// Every C++ exception becomes a JavaScript error with a stable `code`, here and nowhere else.
#pragma once

#include <napi.h>

#include <exception>
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

/** The code and the text of anything that was thrown. */
Failure Describe(const std::exception_ptr& thrown);

Napi::Error ToError(Napi::Env env, const Failure& failure);

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
