// A file's bytes in memory without reading them: constants of a graph share them with the file.
#pragma once

#include <napi.h>

#include <cstddef>
#include <filesystem>
#include <memory>

namespace ovd {

/** A read-only mapping; unmapped with its last owner, which may be a constant in a graph. */
class Mapping {
 public:
  static std::shared_ptr<Mapping> Open(const std::filesystem::path& path);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  Mapping(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  const uint8_t* data_;
  size_t size_;
};

/** JavaScript: `new MappedFile(path)`, byteLength, read(offset, length) (a copy), dispose(). */
class MappedFile : public Napi::ObjectWrap<MappedFile> {
 public:
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
