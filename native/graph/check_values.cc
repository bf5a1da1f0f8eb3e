#include "graph/check_values.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <openvino/op/broadcast.hpp>
#include <openvino/op/topk.hpp>
#include <openvino/op/util/gather_base.hpp>
#include <unordered_map>
#include <vector>

#include "errors.h"
#include "graph/shape_values.h"

namespace ovd {
namespace {

/** Bounds of what slices, pads and ranges may say; far beyond any image's side, far below overflows. */
constexpr double kMaxCount = 16777216;  // 2^24
constexpr double kMaxScale = 64;

/** The values of a constant; none for anything else. */
std::vector<double> Numbers(const ov::Node& node, size_t input) {
  if (input >= node.get_input_size()) return {};
  const auto* constant = ConstantOf(node.input_value(input));
  return constant ? constant->cast_vector<double>() : std::vector<double>();
}

void RequireWithin(const ov::Node& node, size_t input, double least, double most) {
  for (const double number : Numbers(node, input)) {
    if (number >= least && number <= most) continue;
    Refuse(node, "input " + std::to_string(input) + " holds " + std::to_string(number) +
                     ", which is not from " + std::to_string(least) + " to " + std::to_string(most));
  }
}

void RequireNoZero(const ov::Node& node, size_t input) {
  const auto numbers = Numbers(node, input);
  if (std::find(numbers.begin(), numbers.end(), 0.0) != numbers.end())
    Refuse(node, "input " + std::to_string(input) + " must not hold zero");
}

const ov::Dimension& Dimension(const ov::PartialShape& shape, size_t axis) {
  return shape[static_cast<std::ptrdiff_t>(axis)];
}

void CheckBroadcast(const ov::Node& node) {
  if (ov::as_type<const ov::op::v3::Broadcast>(&node)->get_broadcast_spec().m_type !=
      ov::op::BroadcastType::NUMPY)
    Refuse(node, "the mode must be numpy");
  const auto& from = node.get_input_partial_shape(0);
  const auto& to = node.get_output_partial_shape(0);
  if (to.size() == 0) Refuse(node, "the target must have a dimension");
  for (size_t i = 1; i <= from.size(); ++i) {
    const auto& side = Dimension(from, from.size() - i);
    const auto& target = Dimension(to, to.size() - i);
    // Only what is known now: the kernel repeats whatever it finds.
    if (side.is_static() && (side.get_length() == 1 || (target.is_static() && side == target))) continue;
    Refuse(node, "dimensions of its data must be 1, or known and those of its target");
  }
}

void CheckGather(const ov::Node& node) {
  const auto& gather = *ov::as_type<const ov::op::util::GatherBase>(&node);
  const auto axes = Numbers(node, 2);
  const auto& data = node.get_input_partial_shape(0);
  const auto rank = static_cast<double>(data.size());
  if (axes.size() != 1) Refuse(node, "the axis must be one number");
  const double axis = axes[0] < 0 ? axes[0] + rank : axes[0];
  if (!(axis >= 0 && axis < rank)) Refuse(node, "the axis is none of its data's");
  // With others, the CPU plugin's kernel writes beyond its memory for short rows.
  if (gather.get_batch_dims() != 0) Refuse(node, "batch_dims must be 0");
  const auto& side = Dimension(data, static_cast<size_t>(axis));
  const double length = side.is_static() ? static_cast<double>(side.get_length()) : kMaxCount;
  RequireWithin(node, 1, -length, length - 1);
}

void CheckTopK(const ov::Node& node) {
  const auto axis = ov::as_type<const ov::op::util::TopKBase>(&node)->get_axis();
  const auto& side = Dimension(node.get_input_partial_shape(0), axis);
  if (side.is_dynamic()) Refuse(node, "the dimension along its axis must be known");
  RequireWithin(node, 1, 1, static_cast<double>(side.get_length()));
}

void CheckRange(const ov::Node& node) {
  const auto type = node.get_output_element_type(0);
  const bool isKnown = type == ov::element::i32 || type == ov::element::i64 || type == ov::element::f32;
  for (size_t i = 0; i < 3; ++i) {
    if (isKnown && node.get_input_element_type(i) == type) continue;
    Refuse(node, "inputs and output must all be of i32, i64 or f32");
  }
  const bool ends = ConstantOf(node.input_value(1)) || IsDimension(node.input_value(1));
  if (!ends) Refuse(node, "input 1 must be a constant or a dimension");
  RequireWithin(node, 0, -kMaxCount, kMaxCount);
  RequireWithin(node, 1, -kMaxCount, kMaxCount);
  RequireWithin(node, 2, -kMaxCount, kMaxCount);
  for (const double step : Numbers(node, 2)) {
    if (std::fabs(step) < 1) Refuse(node, "the step must be 1 or more, or -1 or less");
  }
}

void CheckDivisor(const ov::Node& node) {
  if (!node.get_input_element_type(1).is_integral()) return;
  if (IsDimension(node.input_value(1))) return;
  if (!ConstantOf(node.input_value(1)))
    Refuse(node, "whole numbers are divided by constants or dimensions only");
  RequireWithin(node, 1, 1, std::pow(2.0, 63));
}

void CheckInterpolate(const ov::Node& node) {
  const bool isScale = node.get_input_element_type(1).is_real();
  RequireWithin(node, 1, isScale ? 1 / kMaxCount : 1, isScale ? kMaxScale : kMaxCount);
}

void CheckStridedSlice(const ov::Node& node) {
  for (size_t i = 1; i < 4; ++i) RequireWithin(node, i, -std::pow(2.0, 63), std::pow(2.0, 63));
  RequireNoZero(node, 3);
}

void CheckPad(const ov::Node& node) {
  RequireWithin(node, 1, -kMaxCount, kMaxCount);
  RequireWithin(node, 2, -kMaxCount, kMaxCount);
}

using Check = void (*)(const ov::Node& node);

}  // namespace

void Refuse(const ov::Node& node, const std::string& reason) {
  throw CodedError("INVALID_ARGUMENT", std::string(node.get_type_name()) + ": " + reason);
}

void CheckValues(const ov::Node& node) {
  static const std::unordered_map<std::string, Check> checks = {
      {"Broadcast", CheckBroadcast},
      {"Divide", CheckDivisor},
      {"FloorMod", CheckDivisor},
      {"Gather", CheckGather},
      {"Interpolate", CheckInterpolate},
      {"Pad", CheckPad},
      {"Range", CheckRange},
      {"StridedSlice", CheckStridedSlice},
      {"TopK", CheckTopK},
  };
  const auto found = checks.find(node.get_type_name());
  if (found != checks.end()) found->second(node);
}

}  // namespace ovd
