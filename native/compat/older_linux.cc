// Symbols of glibc after 2.28 and libstdc++ after GCC 8 that headers of newer compilers make every program
// refer to. Defined here, out of what the older libraries have, so that an addon built on a current system
// also loads on theirs. Hidden and weak: seen by this addon only, and only where no static library of the
// compiler has its own.
//
// Neither library is linked statically in whole: OpenVINO and this addon exchange C++ objects and exceptions,
// and both must use the one libstdc++ of the process. `node scripts/check-glibc.mjs` says what the built
// addon needs.
#if defined(__linux__) && defined(__x86_64__)
#include <pthread.h>
#include <sys/stat.h>

#include <cerrno>
#include <ctime>
#include <ios>
#include <new>

#define OVD_COMPAT extern "C" __attribute__((weak, visibility("hidden")))

namespace {

constexpr long kNanosecondsPerSecond = 1000000000;

}  // namespace

// glibc 2.32. Zero has libstdc++ count references atomically, as it does once a second thread has been
// started.
OVD_COMPAT char OvdLibcSingleThreaded __asm__("__libc_single_threaded");
char OvdLibcSingleThreaded = 0;

// glibc 2.33; before, an inline function over this one, which all have.
extern "C" int __fxstat(int version, int file, struct stat* status);  // NOLINT(bugprone-reserved-identifier)

OVD_COMPAT int OvdFstat(int file, struct stat* status) __asm__("fstat");
int OvdFstat(int file, struct stat* status) { return __fxstat(1, file, status); }

// glibc 2.30 (2.34 in libc itself). std::condition_variable::wait_for waits by the monotonic clock; glibc
// before takes the system's time alone, as libstdc++ did with it: setting the clock meanwhile shortens or
// lengthens the wait.
OVD_COMPAT int OvdCondClockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                                const timespec* until) __asm__("pthread_cond_clockwait");
int OvdCondClockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                     const timespec* until) {
  timespec now{};
  timespec deadline{};
  if (clock_gettime(clock, &now) != 0 || clock_gettime(CLOCK_REALTIME, &deadline) != 0) return EINVAL;
  deadline.tv_sec += until->tv_sec - now.tv_sec;
  deadline.tv_nsec += until->tv_nsec - now.tv_nsec;
  if (deadline.tv_nsec < 0) {
    deadline.tv_nsec += kNanosecondsPerSecond;
    --deadline.tv_sec;
  } else if (deadline.tv_nsec >= kNanosecondsPerSecond) {
    deadline.tv_nsec -= kNanosecondsPerSecond;
    ++deadline.tv_sec;
  }
  return pthread_cond_timedwait(condition, mutex, &deadline);
}

// GCC 11: std::__throw_bad_array_new_length(), for arrays whose size overflows.
OVD_COMPAT void OvdThrowBadArrayNewLength() __asm__("_ZSt28__throw_bad_array_new_lengthv");
void OvdThrowBadArrayNewLength() { throw std::bad_array_new_length(); }

// GCC 9: std::ostringstream's constructor without arguments, for the one that takes the mode.
extern "C" void OvdOstringstreamInMode(void* self, std::ios_base::openmode mode) __asm__(
    "_ZNSt7__cxx1119basic_ostringstreamIcSt11char_traitsIcESaIcEEC1ESt13_Ios_Openmode");

OVD_COMPAT void OvdOstringstream(void* self) __asm__(
    "_ZNSt7__cxx1119basic_ostringstreamIcSt11char_traitsIcESaIcEEC1Ev");
void OvdOstringstream(void* self) { OvdOstringstreamInMode(self, std::ios_base::out); }

// GCC 11: std::exception_ptr's _M_addref and _M_release, which are inlined into its copying and destruction.
// The constructor and destructor that did both before are still exported; they count references of what is
// pointed to.
struct OvdExceptionPtr {
  void* object;
};

extern "C" void OvdExceptionPtrCopy(OvdExceptionPtr* self, const OvdExceptionPtr* other) __asm__(
    "_ZNSt15__exception_ptr13exception_ptrC1ERKS0_");
extern "C" void OvdExceptionPtrDestroy(OvdExceptionPtr* self) __asm__(
    "_ZNSt15__exception_ptr13exception_ptrD1Ev");

OVD_COMPAT void OvdExceptionPtrAddRef(OvdExceptionPtr* self) noexcept
    __asm__("_ZNSt15__exception_ptr13exception_ptr9_M_addrefEv");
void OvdExceptionPtrAddRef(OvdExceptionPtr* self) noexcept {
  OvdExceptionPtr counted{};  // a copy that is never destroyed, so that its reference stays counted
  OvdExceptionPtrCopy(&counted, self);
}

OVD_COMPAT void OvdExceptionPtrRelease(OvdExceptionPtr* self) noexcept
    __asm__("_ZNSt15__exception_ptr13exception_ptr10_M_releaseEv");
void OvdExceptionPtrRelease(OvdExceptionPtr* self) noexcept {
  OvdExceptionPtrDestroy(self);
  self->object = nullptr;
}

#endif
