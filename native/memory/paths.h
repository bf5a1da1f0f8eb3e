// Paths as JavaScript gives them: text in UTF-8. std::filesystem is avoided, as its library part needs a
// libstdc++ that the oldest supported systems lack (docs/platforms.md).
#pragma once

#include <string>

namespace ovd {

#ifdef _WIN32
/** As the system's own calls and streams want it. */
std::wstring NativePath(const std::string& path);
#else
inline std::string NativePath(const std::string& path) { return path; }
#endif

bool FileExists(const std::string& path);

/** The path with the extension of its last part, if any, replaced by `extension`, which begins with a dot. */
std::string WithExtension(const std::string& path, const std::string& extension);

/** `name` in a folder. */
std::string Join(const std::string& folder, const std::string& name);

}  // namespace ovd
