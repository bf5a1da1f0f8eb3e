// What memory and files need of the operating system's own headers.
#pragma once

#include <string>

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#endif

namespace ovd {

/** What the last system call complained of, in words; on any thread. */
inline std::string LastSystemError() {
#ifdef _WIN32
  return "Windows error " + std::to_string(GetLastError());
#else
  return std::error_code(errno, std::generic_category()).message();
#endif
}

}  // namespace ovd
