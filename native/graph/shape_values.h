// What is known of numbers that say what a node does: axes, indices, target shapes.
#pragma once

#include <openvino/core/node_output.hpp>
#include <openvino/op/constant.hpp>

namespace ovd {

/** The constant an output is of; null when it is of anything else. */
const ov::op::v0::Constant* ConstantOf(const ov::Output<ov::Node>& output);

/**
 * Whether an output is computed of constants and dimensions only (ShapeOf, and Gather, Concat, Squeeze,
 * Unsqueeze and Convert of it), so that an inference cannot give it a value that its tensors' shapes do not
 * bound.
 */
bool IsShapeValue(const ov::Output<ov::Node>& output);

/** Whether an output holds dimensions and nothing else: a shape value that no constant is part of. */
bool IsDimension(const ov::Output<ov::Node>& output);

}  // namespace ovd
