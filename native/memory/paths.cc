#include "memory/paths.h"

#include "memory/platform.h"

namespace ovd {
namespace {

#ifdef _WIN32
constexpr const char* kSeparators = "/\\:";
#else
constexpr const char* kSeparators = "/";
#endif

}  // namespace

#ifdef _WIN32

std::wstring NativePath(const std::string& path) {
  const int bytes = static_cast<int>(path.size());
  std::wstring wide(static_cast<size_t>(MultiByteToWideChar(CP_UTF8, 0, path.data(), bytes, nullptr, 0)),
                    L'\0');
  MultiByteToWideChar(CP_UTF8, 0, path.data(), bytes, wide.data(), static_cast<int>(wide.size()));
  return wide;
}

bool FileExists(const std::string& path) {
  return GetFileAttributesW(NativePath(path).c_str()) != INVALID_FILE_ATTRIBUTES;
}

#else

bool FileExists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

#endif

std::string WithExtension(const std::string& path, const std::string& extension) {
  const size_t separator = path.find_last_of(kSeparators);
  const size_t name = separator == std::string::npos ? 0 : separator + 1;
  const size_t dot = path.rfind('.');
  // A name's first character begins no extension: '.hidden' is all name.
  const bool hasExtension = dot != std::string::npos && dot > name;
  return (hasExtension ? path.substr(0, dot) : path) + extension;
}

std::string Join(const std::string& folder, const std::string& name) {
  const bool ends = !folder.empty() && std::string(kSeparators).find(folder.back()) != std::string::npos;
  return folder + (ends ? "" : "/") + name;
}

}  // namespace ovd
