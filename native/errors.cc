#include "errors.h"

#include <array>
#include <new>
#include <openvino/core/except.hpp>
#include <openvino/runtime/exception.hpp>
#include <system_error>

namespace ovd {
namespace {

bool MeansOutOfMemory(const std::error_code& code) {
  return code == std::errc::resource_unavailable_try_again || code == std::errc::not_enough_memory;
}

/** OpenVINO rethrows what its plugins meet as its own exceptions, of which only the text is left. */
bool MeansOutOfMemory(const std::string& message) {
  static const std::array<const char*, 4> texts = {
      "bad_alloc", "bad allocation", "Resource temporarily unavailable", "Cannot allocate memory"};
  for (const char* text : texts) {
    if (message.find(text) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

Failure Describe(const std::exception_ptr& thrown) {
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
  } catch (const std::system_error& error) {
    if (!MeansOutOfMemory(error.code())) return {"OPENVINO", error.what()};
    return {"OUT_OF_MEMORY",
            std::string("The system refused a thread or memory to the process: ") + error.what()};
  } catch (const std::exception& error) {
    return {MeansOutOfMemory(error.what()) ? "OUT_OF_MEMORY" : "OPENVINO", error.what()};
  } catch (...) {
    return {"OPENVINO", "An exception of unknown type was thrown."};
  }
}

Napi::Error ToError(Napi::Env env, const Failure& failure) {
  Napi::Error error = Napi::Error::New(env, failure.message);
  error.Set("code", Napi::String::New(env, failure.code));
  return error;
}

}  // namespace ovd
