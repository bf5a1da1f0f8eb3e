// The operations that networks may be built of.
#pragma once

#include <memory>
#include <openvino/core/node.hpp>
#include <string>

namespace ovd {

/**
 * A node without inputs and attributes.
 *
 * @throws CodedError INVALID_ARGUMENT for a set or an operation that OpenVINO does not know, UNSUPPORTED for
 * one that is not among those networks are built of
 */
std::shared_ptr<ov::Node> CreateNode(const std::string& operationSet, const std::string& operation);

}  // namespace ovd
