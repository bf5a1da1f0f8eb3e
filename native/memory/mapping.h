// A file's bytes in memory without reading them.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ovd {

/** A read-only mapping; unmapped with its last owner, which may be a constant in a graph. */
class Mapping {
 public:
  /** @param path in UTF-8 */
  static std::shared_ptr<Mapping> Open(const std::string& path);
  /** Takes over bytes that were mapped elsewhere. */
  static std::shared_ptr<Mapping> Adopt(const uint8_t* data, size_t size);
  /** The mapping that holds the byte at `data`, if any. Any thread. */
  static std::shared_ptr<const Mapping> Find(const void* data);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

  /** Takes the pages out of memory; what is read again comes back from the file. Any thread. */
  void Evict() const;

 private:
  Mapping(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  const uint8_t* data_;
  size_t size_;
};

/**
 * While it lives, pages read of these mappings do not pile up in memory, and none is left at the end. For
 * compiling and converting, which read each weight about once.
 */
class EvictMappedPagesScope {
 public:
  explicit EvictMappedPagesScope(std::vector<std::shared_ptr<const Mapping>> mappings);
  ~EvictMappedPagesScope();
  EvictMappedPagesScope(const EvictMappedPagesScope&) = delete;
  EvictMappedPagesScope& operator=(const EvictMappedPagesScope&) = delete;

 private:
  void EvictAll() const;

  const std::vector<std::shared_ptr<const Mapping>> mappings_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool end_ = false;
  std::thread thread_;
};

}  // namespace ovd
