// Files opened for reading, and only those that have an end.
#pragma once

#include <cstdint>
#include <string>

namespace ovd {

/**
 * An open regular file. Pipes and devices are refused without waiting for their other end: reading one may
 * never finish.
 */
class RegularFile {
 public:
  /**
   * @param path in UTF-8
   * @throws CodedError MODEL_NOT_FOUND
   */
  explicit RegularFile(const std::string& path);
  ~RegularFile();
  RegularFile(const RegularFile&) = delete;
  RegularFile& operator=(const RegularFile&) = delete;

  uint64_t size() const { return size_; }

  /** @throws CodedError MODEL_CORRUPT for more than `maxBytes`, MODEL_NOT_FOUND when it cannot be read */
  std::string ReadText(uint64_t maxBytes) const;

  /** Maps the whole file for reading. Not for empty files, which no system maps. */
  const uint8_t* Map() const;

 private:
  [[noreturn]] void Fail(const std::string& reason) const;

  std::string path_;
#ifdef _WIN32
  void* file_ = nullptr;
#else
  int file_ = -1;
#endif
  uint64_t size_ = 0;
};

}  // namespace ovd
