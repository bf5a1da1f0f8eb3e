#include "memory/regular_file.h"

#include "errors.h"
#include "memory/paths.h"
#include "memory/platform.h"

namespace ovd {

void RegularFile::Fail(const std::string& reason) const {
  throw CodedError("MODEL_NOT_FOUND", "Cannot read " + path_ + ": " + reason);
}

std::string RegularFile::ReadText(uint64_t maxBytes) const {
  if (size_ > maxBytes) {
    throw CodedError("MODEL_CORRUPT", path_ + " has " + std::to_string(size_) + " bytes, more than " +
                                          std::to_string(maxBytes));
  }
  std::string text(static_cast<size_t>(size_), '\0');
  size_t filled = 0;
  while (filled < text.size()) {
#ifdef _WIN32
    DWORD count = 0;
    if (!ReadFile(file_, text.data() + filled, static_cast<DWORD>(text.size() - filled), &count, nullptr))
      Fail(LastSystemError());
#else
    const ssize_t count = read(file_, text.data() + filled, text.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) Fail(LastSystemError());
#endif
    if (count == 0) break;  // it was cut short meanwhile
    filled += static_cast<size_t>(count);
  }
  text.resize(filled);
  return text;
}

#ifdef _WIN32

RegularFile::RegularFile(const std::string& path) : path_(path) {
  file_ = CreateFileW(NativePath(path).c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING,
                      FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file_ == INVALID_HANDLE_VALUE) Fail(LastSystemError());
  LARGE_INTEGER size;
  const bool isDiskFile = GetFileType(file_) == FILE_TYPE_DISK;
  if (!isDiskFile || !GetFileSizeEx(file_, &size)) {
    const std::string reason = isDiskFile ? LastSystemError() : "it is not a regular file";
    CloseHandle(file_);
    Fail(reason);
  }
  size_ = static_cast<uint64_t>(size.QuadPart);
}

RegularFile::~RegularFile() { CloseHandle(file_); }

const uint8_t* RegularFile::Map() const {
  HANDLE section = CreateFileMappingW(file_, nullptr, PAGE_READONLY, 0, 0, nullptr);
  if (section == nullptr) Fail(LastSystemError());
  const void* data = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
  const std::string reason = data == nullptr ? LastSystemError() : "";
  CloseHandle(section);
  if (data == nullptr) Fail(reason);
  return static_cast<const uint8_t*>(data);
}

#else

RegularFile::RegularFile(const std::string& path) : path_(path) {
  // O_NONBLOCK: opening a named pipe would otherwise wait for somebody to write to it.
  file_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file_ < 0) Fail(LastSystemError());
  struct stat status{};
  const bool known = fstat(file_, &status) == 0;
  if (!known || !S_ISREG(status.st_mode)) {
    const std::string reason = known ? "it is not a regular file" : LastSystemError();
    close(file_);
    Fail(reason);
  }
  size_ = static_cast<uint64_t>(status.st_size);
}

RegularFile::~RegularFile() { close(file_); }

const uint8_t* RegularFile::Map() const {
  void* data = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file_, 0);
  if (data == MAP_FAILED) {
    // The file is fine; the address space is used up.
    if (errno == ENOMEM) {
      throw CodedError("OUT_OF_MEMORY", "Cannot map the " + std::to_string(size_) + " bytes of " + path_ +
                                            ": " + LastSystemError());
    }
    Fail(LastSystemError());
  }
  return static_cast<const uint8_t*>(data);
}

#endif

}  // namespace ovd
