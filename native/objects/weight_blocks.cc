#include "objects/weight_blocks.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <openvino/op/parameter.hpp>
#include <utility>

#include "errors.h"

namespace ovd {
namespace {

/** The largest magnitude that IEEE half precision holds. */
constexpr float kMaxFloat16 = 65504;

}  // namespace

BlockConverter::BlockConverter(const ov::op::v0::Constant& source, const ov::element::Type& type)
    : source_(source.get_element_type()),
      start_(static_cast<const uint8_t*>(source.get_data_ptr())),
      type_(type),
      convert_(std::make_shared<ov::op::v0::Parameter>(source_, ov::PartialShape::dynamic(1)), type),
      block_(type, ov::Shape{0}) {}

const ov::Tensor& BlockConverter::operator()(size_t first, size_t count) {
  const ov::Tensor input(source_, ov::Shape{count}, const_cast<uint8_t*>(start_ + first * source_.size()));
  if (source_ == type_) return block_ = input;
  block_.set_shape(ov::Shape{count});
  ov::TensorVector outputs{block_};
  if (!convert_.evaluate(outputs, {input})) {
    throw CodedError("UNSUPPORTED",
                     "OpenVINO cannot convert " + source_.get_type_name() + " to " + type_.get_type_name());
  }
  return block_ = outputs[0];
}

float LimitOf(const ov::element::Type& type) {
  return type == ov::element::f16 ? kMaxFloat16 : std::numeric_limits<float>::max();
}

float LargestMagnitude(const float* weights, size_t count, const std::string& name) {
  // Without their sign, floats order like their bits, which compilers compare many at a time; the infinities
  // and what is no number come last.
  int32_t largest = 0;
  for (size_t i = 0; i < count; ++i) {
    int32_t bits = 0;
    std::memcpy(&bits, weights + i, sizeof bits);
    largest = std::max(largest, bits & 0x7fffffff);
  }
  if (largest >= 0x7f800000) {
    throw CodedError("MODEL_CORRUPT",
                     "The weights '" + name + "' contain values that are infinite or not a number");
  }
  float magnitude = 0;
  std::memcpy(&magnitude, &largest, sizeof magnitude);
  return magnitude;
}

const float* Floats(const ov::Tensor& block) {
  return static_cast<const float*>(std::as_const(block).data());
}

}  // namespace ovd
