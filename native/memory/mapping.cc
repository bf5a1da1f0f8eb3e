#include "memory/mapping.h"

#include <chrono>
#include <cstring>
#include <string>
#include <unordered_set>

#include "errors.h"

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace ovd {
namespace {

[[noreturn]] void Fail(const std::filesystem::path& path, const std::string& reason) {
  throw CodedError("MODEL_NOT_FOUND", "Cannot map " + path.u8string() + ": " + reason);
}

/** All mappings of the process, whichever environment opened them: memory is the process's. */
struct Registry {
  std::mutex mutex;
  std::unordered_set<const Mapping*> mappings;

  static Registry& Get() {
    // Never destroyed: threads may still end after main does.
    static auto* registry = new Registry();
    return *registry;
  }
};

/** Often enough that hundreds of megabytes do not pile up, seldom enough to cost nothing. */
constexpr auto kLetGoEvery = std::chrono::milliseconds(100);

}  // namespace

Mapping::Mapping(const uint8_t* data, size_t size) : data_(data), size_(size) {
  auto& registry = Registry::Get();
  std::lock_guard<std::mutex> lock(registry.mutex);
  registry.mappings.insert(this);
}

std::shared_ptr<Mapping> Mapping::Adopt(const uint8_t* data, size_t size) {
  return std::shared_ptr<Mapping>(new Mapping(data, size));
}

Mapping::~Mapping() {
  {
    auto& registry = Registry::Get();
    std::lock_guard<std::mutex> lock(registry.mutex);
    registry.mappings.erase(this);
  }
  if (data_ == nullptr) return;
#ifdef _WIN32
  UnmapViewOfFile(data_);
#else
  munmap(const_cast<uint8_t*>(data_), size_);
#endif
}

void Mapping::LetGoAll() {
  auto& registry = Registry::Get();
  std::lock_guard<std::mutex> lock(registry.mutex);
  for (const Mapping* mapping : registry.mappings) mapping->LetGo();
}

void Mapping::LetGo() const {
  if (data_ == nullptr) return;
#ifdef _WIN32
  // Unlocking what is not locked takes pages out of the working set.
  VirtualUnlock(const_cast<uint8_t*>(data_), size_);
#else
  // Nothing is lost: what is mapped is only read, and stands in its file.
  madvise(const_cast<uint8_t*>(data_), size_, MADV_DONTNEED);
#endif
}

PassingMappings::PassingMappings()
    : thread_([this] {
        std::unique_lock<std::mutex> lock(mutex_);
        while (!ended_.wait_for(lock, kLetGoEvery, [this] { return end_; })) Mapping::LetGoAll();
      }) {}

PassingMappings::~PassingMappings() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    end_ = true;
  }
  ended_.notify_all();
  thread_.join();
  Mapping::LetGoAll();
}

#ifdef _WIN32

std::shared_ptr<Mapping> Mapping::Open(const std::filesystem::path& path) {
  const auto reason = [] { return "Windows error " + std::to_string(GetLastError()); };
  HANDLE file = CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING,
                            FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) Fail(path, reason());
  LARGE_INTEGER size;
  if (!GetFileSizeEx(file, &size)) {
    CloseHandle(file);
    Fail(path, reason());
  }
  if (size.QuadPart == 0) {
    CloseHandle(file);
    return Adopt(nullptr, 0);
  }
  HANDLE section = CreateFileMappingW(file, nullptr, PAGE_READONLY, 0, 0, nullptr);
  CloseHandle(file);
  if (section == nullptr) Fail(path, reason());
  const void* data = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
  CloseHandle(section);
  if (data == nullptr) Fail(path, reason());
  return Adopt(static_cast<const uint8_t*>(data), static_cast<size_t>(size.QuadPart));
}

#else

std::shared_ptr<Mapping> Mapping::Open(const std::filesystem::path& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) Fail(path, std::strerror(errno));
  struct stat status{};
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    const std::string reason = S_ISREG(status.st_mode) ? std::strerror(errno) : "it is not a regular file";
    close(file);
    Fail(path, reason);
  }
  const auto size = static_cast<size_t>(status.st_size);
  if (size == 0) {
    close(file);
    return Adopt(nullptr, 0);
  }
  void* data = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  const int error = errno;
  close(file);
  if (data == MAP_FAILED) Fail(path, std::strerror(error));
  return Adopt(static_cast<const uint8_t*>(data), size);
}

#endif

}  // namespace ovd
