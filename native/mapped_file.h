// A file's bytes in memory without reading them: constants of a graph share them with the file.
#pragma once

#include <napi.h>

#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

namespace ovd {

/** A read-only mapping; unmapped with its last owner, which may be a constant in a graph. */
class Mapping {
 public:
  static std::shared_ptr<Mapping> Open(const std::filesystem::path& path);
  /** Takes over bytes that were mapped elsewhere. */
  static std::shared_ptr<Mapping> Adopt(const uint8_t* data, size_t size);
  /** Lets go of the memory that all mappings take; what is read again comes back from the file. Any thread.
   */
  static void LetGoAll();
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  Mapping(const uint8_t* data, size_t size);
  void LetGo() const;

  const uint8_t* data_;
  size_t size_;
};

/**
 * While it lives, what is read of mappings does not pile up in memory, and nothing of it is left at the end.
 * For compiling, which reads each weight about once.
 */
class PassingMappings {
 public:
  PassingMappings();
  ~PassingMappings();
  PassingMappings(const PassingMappings&) = delete;
  PassingMappings& operator=(const PassingMappings&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool end_ = false;
  std::thread thread_;
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
