// A file without a name, for bytes that are computed: mapped like any other, so that they take no memory of
// their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "memory/mapping.h"

namespace ovd {

/** Gone with its last owner, however the process ends. One thread at a time. */
class ScratchFile {
 public:
  /** A part of the file: constants point at `data` from the beginning and find there what is written later.
   */
  struct Region {
    std::shared_ptr<Mapping> mapping;
    const uint8_t* data = nullptr;
    uint64_t offset = 0;
  };

  /**
   * @param folder in UTF-8
   * @throws CodedError SAVE_FAILED when no file can be made in the folder
   */
  explicit ScratchFile(const std::string& folder);
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  /** @throws CodedError SAVE_FAILED */
  Region Reserve(size_t bytes);

  /**
   * Writes some bytes from `at` of the region. Not through the mapping, where a full disk would end the
   * process.
   *
   * @throws CodedError SAVE_FAILED, for a full disk above all
   */
  void Write(const Region& region, size_t at, const void* data, size_t bytes);

 private:
  void Grow(size_t bytes);

  std::string folder_;
#ifdef _WIN32
  void* file_ = nullptr;
#else
  int file_ = -1;
#endif
  uint64_t size_ = 0;
  Region free_;  // what is left of the newest mapping
  size_t freeBytes_ = 0;
};

}  // namespace ovd
