#include "objects/upsampling_kernels.h"

#include <array>

namespace ovd {
namespace {

/** Which of three taps are summed into each of four, the first and the last of them. */
constexpr std::array<std::array<size_t, 2>, 4> kSummed = {{{2, 2}, {1, 2}, {0, 1}, {0, 0}}};

void SumTaps(const float* taps, float* sums) {
  for (const auto& rows : kSummed) {
    for (const auto& columns : kSummed) {
      float sum = 0;
      for (size_t row = rows[0]; row <= rows[1]; ++row) {
        for (size_t column = columns[0]; column <= columns[1]; ++column) sum += taps[row * 3 + column];
      }
      *sums++ = sum;
    }
  }
}

}  // namespace

void SumUpsamplingTaps(const float* convolution, size_t outputs, size_t inputs, std::vector<float>& kernels) {
  kernels.resize(outputs * inputs * kUpsamplingTaps);
  for (size_t output = 0; output < outputs; ++output) {
    for (size_t input = 0; input < inputs; ++input) {
      SumTaps(convolution + (output * inputs + input) * kConvolutionTaps,
              kernels.data() + (input * outputs + output) * kUpsamplingTaps);
    }
  }
}

}  // namespace ovd
