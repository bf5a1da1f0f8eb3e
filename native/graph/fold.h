// Constant folding.
#pragma once

#include <openvino/core/node_output.hpp>

namespace ovd {

/**
 * A constant with the value of an output that depends on constants only.
 *
 * @throws CodedError INVALID_ARGUMENT when it depends on anything else
 */
ov::Output<ov::Node> Fold(const ov::Output<ov::Node>& output);

}  // namespace ovd
