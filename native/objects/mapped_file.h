// A mapped file, as JavaScript holds it: constants of a graph share its bytes.
#pragma once

#include <napi.h>

#include <memory>

#include "memory/mapping.h"
#include "wrapped.h"

namespace ovd {

/** JavaScript: `new MappedFile(path)`, byteLength, read(offset, length) (a copy), dispose(). */
class MappedFile : public Wrapped<MappedFile> {
 public:
  static constexpr const char* kName = "MappedFile";
  static Napi::Function Define(Napi::Env env);
  explicit MappedFile(const Napi::CallbackInfo& info);

  std::shared_ptr<Mapping> Get() const;

 private:
  Napi::Value ByteLength(const Napi::CallbackInfo& info);
  Napi::Value Read(const Napi::CallbackInfo& info);
  Napi::Value Dispose(const Napi::CallbackInfo& info);

  std::shared_ptr<Mapping> mapping_;
};

}  // namespace ovd
