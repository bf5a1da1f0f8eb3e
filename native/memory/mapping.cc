#include "memory/mapping.h"

#include <chrono>
#include <map>
#include <system_error>
#include <utility>

#include "memory/platform.h"
#include "memory/regular_file.h"

namespace ovd {
namespace {

/** All mappings of the process by their first byte, whichever environment opened them. */
struct Registry {
  std::mutex mutex;
  std::map<const uint8_t*, std::weak_ptr<const Mapping>> mappings;

  static Registry& Get() {
    // Never destroyed: threads may still end after main does.
    static auto* registry = new Registry();
    return *registry;
  }
};

/** Often enough that hundreds of megabytes do not pile up, seldom enough to cost nothing. */
constexpr auto kEvictEvery = std::chrono::milliseconds(100);

}  // namespace

std::shared_ptr<Mapping> Mapping::Open(const std::string& path) {
  const RegularFile file(path);
  if (file.size() == 0) return Adopt(nullptr, 0);
  return Adopt(file.Map(), static_cast<size_t>(file.size()));
}

std::shared_ptr<Mapping> Mapping::Adopt(const uint8_t* data, size_t size) {
  std::shared_ptr<Mapping> mapping(new Mapping(data, size));
  if (data == nullptr) return mapping;
  auto& registry = Registry::Get();
  std::lock_guard<std::mutex> lock(registry.mutex);
  registry.mappings[data] = mapping;
  return mapping;
}

std::shared_ptr<const Mapping> Mapping::Find(const void* data) {
  const auto* byte = static_cast<const uint8_t*>(data);
  auto& registry = Registry::Get();
  std::lock_guard<std::mutex> lock(registry.mutex);
  auto after = registry.mappings.upper_bound(byte);
  if (after == registry.mappings.begin()) return nullptr;
  auto mapping = std::prev(after)->second.lock();
  return mapping && byte < mapping->data() + mapping->size() ? mapping : nullptr;
}

Mapping::~Mapping() {
  if (data_ == nullptr) return;
  {
    // Before the bytes are unmapped, since another mapping may then take their place.
    auto& registry = Registry::Get();
    std::lock_guard<std::mutex> lock(registry.mutex);
    registry.mappings.erase(data_);
  }
#ifdef _WIN32
  UnmapViewOfFile(data_);
#else
  munmap(const_cast<uint8_t*>(data_), size_);
#endif
}

void Mapping::Evict() const {
  if (data_ == nullptr) return;
#ifdef _WIN32
  // Unlocking what is not locked takes pages out of the working set.
  VirtualUnlock(const_cast<uint8_t*>(data_), size_);
#else
  // Nothing is lost: what is mapped is only read, and stands in its file.
  madvise(const_cast<uint8_t*>(data_), size_, MADV_DONTNEED);
#endif
}

EvictMappedPagesScope::EvictMappedPagesScope(std::vector<std::shared_ptr<const Mapping>> mappings)
    : mappings_(std::move(mappings)) {
  if (mappings_.empty()) return;
  try {
    thread_ = std::thread([this] {
      std::unique_lock<std::mutex> lock(mutex_);
      while (!ended_.wait_for(lock, kEvictEvery, [this] { return end_; })) EvictAll();
    });
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch)
    // Without a thread, pages stay until the end; the work itself goes on.
  }
}

EvictMappedPagesScope::~EvictMappedPagesScope() {
  if (thread_.joinable()) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      end_ = true;
    }
    ended_.notify_all();
    thread_.join();
  }
  EvictAll();
}

void EvictMappedPagesScope::EvictAll() const {
  for (const auto& mapping : mappings_) mapping->Evict();
}

}  // namespace ovd
