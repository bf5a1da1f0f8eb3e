#include "graph/fold.h"

#include <openvino/core/node.hpp>
#include <openvino/op/constant.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "errors.h"

namespace ovd {
namespace {

using FoldedNodes = std::unordered_map<ov::Node*, ov::OutputVector>;

/** Pushes the inputs of `node` that are still to be folded; false when there are none. */
bool PushInputs(ov::Node* node, const FoldedNodes& folded, std::vector<ov::Node*>& stack) {
  const size_t before = stack.size();
  for (const auto& input : node->input_values()) {
    if (folded.count(input.get_node()) == 0) stack.push_back(input.get_node());
  }
  return stack.size() > before;
}

}  // namespace

ov::Output<ov::Node> Fold(const ov::Output<ov::Node>& output) {
  // Each node once, and without recursion: graphs may share nodes, and be deep.
  FoldedNodes folded;
  std::vector<ov::Node*> stack{output.get_node()};
  while (!stack.empty()) {
    ov::Node* node = stack.back();
    if (folded.count(node) == 0) {
      if (PushInputs(node, folded, stack)) continue;
      ov::OutputVector values(node->get_output_size());
      if (ov::is_type<ov::op::v0::Constant>(node)) {
        values = node->outputs();
      } else {
        ov::OutputVector inputs;
        for (const auto& input : node->input_values())
          inputs.push_back(folded.at(input.get_node())[input.get_index()]);
        if (!node->constant_fold(values, inputs)) {
          throw CodedError("INVALID_ARGUMENT",
                           std::string(node->get_type_name()) + " cannot be folded into a constant");
        }
      }
      folded.emplace(node, std::move(values));
    }
    stack.pop_back();
  }
  return folded.at(output.get_node())[output.get_index()];
}

}  // namespace ovd
