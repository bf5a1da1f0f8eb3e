// torch fills a float tensor of 16 elements or more with uniform numbers of its Mersenne twister and turns
// blocks of 16 into normal ones by Box-Muller, vectorised with Cephes' polynomials for log, sine and cosine.
// lib/random does the same in JavaScript, where each step is explained; both must give the same bits. This
// file is therefore compiled without contraction of a * b + c: fused are only the sums that torch's binaries
// fuse.
#include "random.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "element_type.h"
#include "errors.h"

// One set of functions, compiled once for any processor and once for those with AVX2 and FMA, where std::fma
// is an instruction and the loops become vector code.
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define OVD_AVX2 __attribute__((target("avx2,fma")))
#define OVD_INLINE inline __attribute__((always_inline))
#elif defined(__GNUC__) || defined(__clang__)
#define OVD_INLINE inline __attribute__((always_inline))
#else
#define OVD_INLINE inline
#endif

namespace ovd {
namespace {

constexpr uint32_t kWords = 624;
constexpr uint32_t kShift = 397;
constexpr size_t kBlock = 16;
constexpr size_t kHalf = kBlock / 2;

/** Matsumoto & Nishimura's MT19937 over words that JavaScript owns. */
class Twister {
 public:
  explicit Twister(uint32_t* state) : words_(state), next_(state[kWords]) {}
  Twister(const Twister&) = delete;
  Twister& operator=(const Twister&) = delete;
  ~Twister() { words_[kWords] = next_; }

  /** A multiple of 2^-24 from 0 to below 1. */
  float Uniform() {
    if (next_ == kWords) Twist();
    uint32_t bits = words_[next_++];
    bits ^= bits >> 11;
    bits ^= (bits << 7) & 0x9d2c5680U;
    bits ^= (bits << 15) & 0xefc60000U;
    bits ^= bits >> 18;
    return static_cast<float>(bits & 0xffffffU) * (1.0F / 16777216.0F);
  }

 private:
  void Twist() {
    for (uint32_t i = 0; i < kWords; ++i) {
      const uint32_t joined = (words_[i] & 0x80000000U) | (words_[(i + 1) % kWords] & 0x7fffffffU);
      words_[i] = words_[(i + kShift) % kWords] ^ (joined >> 1) ^ ((joined & 1U) != 0 ? 0x9908b0dfU : 0U);
    }
    next_ = 0;
  }

  uint32_t* words_;
  uint32_t next_;
};

OVD_INLINE uint32_t Bits(float value) {
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

OVD_INLINE float FromBits(uint32_t bits) {
  float value = 0;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

template <size_t N>
OVD_INLINE float Polynomial(const std::array<float, N>& coefficients, float x) {
  float value = coefficients[0];
  for (size_t i = 1; i < N; ++i) value = std::fma(value, x, coefficients[i]);
  return value;
}

constexpr std::array<float, 9> kLog = {7.0376836292e-2F,  -1.151461031e-1F,  1.167699874e-1F,
                                       -1.2420140846e-1F, 1.4249322787e-1F,  -1.6668057665e-1F,
                                       2.0000714765e-1F,  -2.4999993993e-1F, 3.3333331174e-1F};
constexpr std::array<float, 3> kSin = {-1.9515295891e-4F, 8.3321608736e-3F, -1.6666654611e-1F};
constexpr std::array<float, 3> kCos = {2.443315711809948e-5F, -1.388731625493765e-3F, 4.166664568298827e-2F};

/** ln x for a normal, positive x. */
OVD_INLINE float Log(float x) {
  const uint32_t bits = Bits(x);
  float exponent = static_cast<float>(static_cast<int32_t>(bits >> 23) - 126);
  float mantissa = FromBits((bits & 0x7fffffU) | 0x3f000000U);
  const bool small = mantissa < 0.707106781186547524F;
  exponent = small ? exponent - 1.0F : exponent;
  mantissa = (mantissa - 1.0F) + (small ? mantissa : 0.0F);
  const float square = mantissa * mantissa;
  float y = Polynomial(kLog, mantissa) * mantissa;
  y = std::fma(y, square, exponent * -2.1219444e-4F);
  y = std::fma(-square, 0.5F, y);
  return std::fma(exponent, 0.693359375F, mantissa + y);
}

/** Sine and cosine of an angle from 0 to 2π. */
OVD_INLINE void SinCos(float angle, float& sine, float& cosine) {
  const int32_t octant = (static_cast<int32_t>(angle * 1.27323954473516F) + 1) & ~1;
  const auto turns = static_cast<float>(octant);
  float x = std::fma(turns, -0.78515625F, angle);
  x = std::fma(turns, -2.4187564849853515625e-4F, x);
  x = std::fma(turns, -3.77489497744594108e-8F, x);
  const float square = x * x;
  float c = Polynomial(kCos, square) * square;
  c = std::fma(c, square, -(square * 0.5F));
  c += 1.0F;
  const float s = std::fma(Polynomial(kSin, square) * square, x, x);
  const bool swapped = (octant & 2) != 0;
  const float unsignedSine = swapped ? c : s;
  const float unsignedCosine = swapped ? s : c;
  sine = (octant & 4) != 0 ? -unsignedSine : unsignedSine;
  cosine = ((octant - 2) & 4) != 0 ? unsignedCosine : -unsignedCosine;
}

/** Turns a block of uniform numbers into normal ones, the first half with the second. */
OVD_INLINE void BoxMuller(float* block) {
  for (size_t i = 0; i < kHalf; ++i) {
    const float radius = std::sqrt(-2.0F * Log(1.0F - block[i]));
    float sine = 0;
    float cosine = 0;
    SinCos(6.283185307179586F * block[i + kHalf], sine, cosine);
    block[i] = radius * cosine;
    block[i + kHalf] = radius * sine;
  }
}

OVD_INLINE void BoxMullerBlocks(float* values, size_t count) {
  for (size_t start = 0; start + kBlock <= count; start += kBlock) BoxMuller(values + start);
}

void AnyProcessor(float* values, size_t count) { BoxMullerBlocks(values, count); }

#ifdef OVD_AVX2
OVD_AVX2 void WithAvx2(float* values, size_t count) { BoxMullerBlocks(values, count); }
#endif

void ToNormal(float* values, size_t count) {
#ifdef OVD_AVX2
  static const bool fast = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  if (fast) return WithAvx2(values, count);
#endif
  AnyProcessor(values, count);
}

/** An array's elements; not of one over a SharedArrayBuffer, which could change after it was checked. */
template <typename T>
std::pair<T*, size_t> ArrayArgument(const Napi::Value& value, napi_typedarray_type kind,
                                    const char* expected) {
  if (!value.IsTypedArray()) throw CodedError("INVALID_ARGUMENT", expected);
  const ArrayBytes bytes = BytesOf(value);
  if (bytes.kind != kind) throw CodedError("INVALID_ARGUMENT", expected);
  return {reinterpret_cast<T*>(bytes.data), bytes.size / sizeof(T)};
}

}  // namespace

void FillNormal(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const char* expectedState = "Expected a Uint32Array of 624 words and the index of the next for state";
    const auto [state, words] = ArrayArgument<uint32_t>(info[0], napi_uint32_array, expectedState);
    if (words != kWords + 1 || state[kWords] > kWords) throw CodedError("INVALID_ARGUMENT", expectedState);
    const char* expectedOut = "Expected a Float32Array of at least 16 elements for out";
    const auto [values, count] = ArrayArgument<float>(info[1], napi_float32_array, expectedOut);
    if (count < kBlock) throw CodedError("INVALID_ARGUMENT", expectedOut);

    Twister twister(state);
    for (size_t i = 0; i < count; ++i) values[i] = twister.Uniform();
    ToNormal(values, count);
    if (count % kBlock != 0) {
      // The rest is made with a whole block at the end, drawn anew over numbers already made.
      float* last = values + (count - kBlock);
      for (size_t i = 0; i < kBlock; ++i) last[i] = twister.Uniform();
      ToNormal(last, kBlock);
    }
  });
}

}  // namespace ovd
