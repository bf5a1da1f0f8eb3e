// The OpenVINO runtime's front door: devices, properties, reading, compiling.
#pragma once

#include <napi.h>

#include <memory>
#include <openvino/runtime/core.hpp>

#include "wrapped.h"

namespace ovd {

/**
 * JavaScript: readModel(xml, bin?), compileModel({ model, device, properties?, shapes?, elementTypes? }),
 * availableDevices(), getProperty(device, name), setProperty(device, properties). All return promises and
 * work on other threads, since even a question may have to load a plugin of tens of megabytes.
 */
class Core : public Wrapped<Core> {
 public:
  static constexpr const char* kName = "Core";
  static Napi::Function Define(Napi::Env env);
  explicit Core(const Napi::CallbackInfo& info);

 private:
  Napi::Value ReadModel(const Napi::CallbackInfo& info);
  Napi::Value CompileModel(const Napi::CallbackInfo& info);
  Napi::Value AvailableDevices(const Napi::CallbackInfo& info);
  Napi::Value GetProperty(const Napi::CallbackInfo& info);
  Napi::Value SetProperty(const Napi::CallbackInfo& info);

  std::shared_ptr<ov::Core> core_;  // thread-safe by itself, shared with the threads that use it
};

}  // namespace ovd
