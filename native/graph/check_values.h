// Looks at the values of a node's constants.
#pragma once

#include <openvino/core/node.hpp>
#include <string>

namespace ovd {

/** @throws CodedError INVALID_ARGUMENT that names the operation */
[[noreturn]] void Refuse(const ov::Node& node, const std::string& reason);

/**
 * Refuses values that OpenVINO's kernels do not look at: a step of zero, an index beyond its dimension, more
 * greatest elements than there are, a divisor of zero.
 *
 * @throws CodedError INVALID_ARGUMENT
 */
void CheckValues(const ov::Node& node);

}  // namespace ovd
