#include "memory/scratch_file.h"

#include <cstring>
#include <string>

#include "errors.h"
#include "memory/paths.h"
#include "memory/platform.h"

namespace ovd {
namespace {

/** A multiple of every system's page size and mapping granularity. */
constexpr size_t kChunk = size_t{64} << 20;
/** Widest element of any vector unit: OpenVINO's kernels may read constants aligned so. */
constexpr size_t kAlignment = 64;

constexpr size_t RoundUp(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

[[noreturn]] void Fail(const std::string& folder, const std::string& reason) {
  throw CodedError("SAVE_FAILED", "Cannot keep converted weights in " + folder + ": " + reason);
}

}  // namespace

ScratchFile::Region ScratchFile::Reserve(size_t bytes) {
  const size_t rounded = RoundUp(bytes == 0 ? 1 : bytes, kAlignment);
  if (rounded > freeBytes_) Grow(RoundUp(rounded, kChunk));
  Region region = free_;
  free_.data += rounded;
  free_.offset += rounded;
  freeBytes_ -= rounded;
  return region;
}

#ifdef _WIN32

ScratchFile::ScratchFile(const std::string& folder) : folder_(folder) {
  wchar_t path[MAX_PATH];
  if (GetTempFileNameW(NativePath(folder).c_str(), L"ovd", 0, path) == 0) Fail(folder, LastSystemError());
  file_ = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS,
                      FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, nullptr);
  if (file_ == INVALID_HANDLE_VALUE) Fail(folder, LastSystemError());
}

ScratchFile::~ScratchFile() { CloseHandle(file_); }

void ScratchFile::Grow(size_t bytes) {
  const uint64_t end = size_ + bytes;
  HANDLE section = CreateFileMappingW(file_, nullptr, PAGE_READWRITE, static_cast<DWORD>(end >> 32),
                                      static_cast<DWORD>(end), nullptr);
  if (section == nullptr) Fail(folder_, LastSystemError());
  void* data = MapViewOfFile(section, FILE_MAP_WRITE, static_cast<DWORD>(size_ >> 32),
                             static_cast<DWORD>(size_), bytes);
  CloseHandle(section);
  if (data == nullptr) Fail(folder_, LastSystemError());
  const auto* start = static_cast<const uint8_t*>(data);
  free_ = {Mapping::Adopt(start, bytes), start, size_};
  freeBytes_ = bytes;
  size_ = end;
}

void ScratchFile::Write(const Region& region, size_t at, const void* data, size_t bytes) {
  // The file has its full size already, so its disk space is taken and the mapping cannot fail.
  std::memcpy(const_cast<uint8_t*>(region.data) + at, data, bytes);
}

#else

ScratchFile::ScratchFile(const std::string& folder) : folder_(folder) {
#ifdef O_TMPFILE
  // Never has a name, so that nothing is left whenever the process ends. Some file systems cannot.
  file_ = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file_ >= 0) return;
#endif
  std::string path = Join(folder, "openvino-diffusers-XXXXXX");
  file_ = mkostemp(path.data(), O_CLOEXEC);
  if (file_ < 0) Fail(folder, LastSystemError());
  unlink(path.c_str());
}

ScratchFile::~ScratchFile() { close(file_); }

void ScratchFile::Grow(size_t bytes) {
  if (ftruncate(file_, static_cast<off_t>(size_ + bytes)) != 0) Fail(folder_, LastSystemError());
  void* data = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file_, static_cast<off_t>(size_));
  if (data == MAP_FAILED) Fail(folder_, LastSystemError());
  const auto* start = static_cast<const uint8_t*>(data);
  free_ = {Mapping::Adopt(start, bytes), start, size_};
  freeBytes_ = bytes;
  size_ += bytes;
}

void ScratchFile::Write(const Region& region, size_t at, const void* data, size_t bytes) {
  const auto* from = static_cast<const uint8_t*>(data);
  auto offset = static_cast<off_t>(region.offset + at);
  while (bytes > 0) {
    const ssize_t written = pwrite(file_, from, bytes, offset);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) Fail(folder_, written == 0 ? "nothing was written" : LastSystemError());
    from += written;
    offset += written;
    bytes -= static_cast<size_t>(written);
  }
}

#endif

}  // namespace ovd
