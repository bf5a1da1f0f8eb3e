// Nearest upsampling and the convolution after it as one transposed convolution.
#pragma once

#include <cstddef>
#include <vector>

namespace ovd {

constexpr size_t kConvolutionTaps = 9;
constexpr size_t kUpsamplingTaps = 16;

/**
 * The kernels of 4x4 whose transposed convolution, with stride 2 and padding 1, computes what a convolution
 * of 3x3 with padding 1 computes of an image whose pixels are each repeated in both directions. Of each
 * output pixel, those of the 3x3 taps that fall on copies of the same pixel are summed beforehand: 16
 * products for four output pixels and each pair of channels instead of 36.
 *
 * @param convolution [outputs, inputs, 3, 3]
 * @param kernels [inputs, outputs, 4, 4]
 */
void SumUpsamplingTaps(const float* convolution, size_t outputs, size_t inputs, std::vector<float>& kernels);

}  // namespace ovd
