// Looks at a node before OpenVINO compiles, folds or runs it.
#pragma once

#include <openvino/core/model.hpp>
#include <openvino/core/node.hpp>

namespace ovd {

/**
 * Refuses what OpenVINO infers a shape for, but whose kernels then divide by zero, read and write beyond
 * their memory, or do not end: tensors without elements, axes, slices and target shapes that are computed by
 * the inference, indices beyond their dimension, and the like.
 *
 * @throws CodedError INVALID_ARGUMENT that names the operation and what is wrong with it
 */
void CheckNode(const ov::Node& node);

/** Every node of a network, once its shapes and types are those it is compiled with. */
void CheckNodes(const ov::Model& model);

}  // namespace ovd
