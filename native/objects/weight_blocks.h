// Weights in another type, a few megabytes at a time, and whether a type can hold them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <openvino/op/constant.hpp>
#include <openvino/op/convert.hpp>
#include <openvino/runtime/tensor.hpp>
#include <string>

namespace ovd {

/** Elements converted at a time: a few megabytes of memory, whatever the tensor. */
constexpr size_t kBlock = size_t{1} << 20;

/** OpenVINO's own conversion, block by block. */
class BlockConverter {
 public:
  BlockConverter(const ov::op::v0::Constant& source, const ov::element::Type& type);

  /** Elements `first` to `first + count`, converted; valid until the next call. */
  const ov::Tensor& operator()(size_t first, size_t count);

 private:
  ov::element::Type source_;
  const uint8_t* start_;
  ov::element::Type type_;
  ov::op::v0::Convert convert_;
  ov::Tensor block_;
};

/** Beyond it a weight is out of the range of the type it is converted to. */
float LimitOf(const ov::element::Type& type);

/**
 * The largest magnitude of some weights.
 *
 * @throws CodedError MODEL_CORRUPT for a value that is not a number, or infinite
 */
float LargestMagnitude(const float* weights, size_t count, const std::string& name);

const float* Floats(const ov::Tensor& block);

}  // namespace ovd
