// A file's bytes in memory without reading them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
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

}  // namespace ovd
