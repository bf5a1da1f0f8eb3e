#include "graph/shape_values.h"

#include <openvino/core/node.hpp>
#include <openvino/core/type.hpp>
#include <openvino/op/convert.hpp>
#include <string>
#include <unordered_set>
#include <vector>

namespace ovd {
namespace {

/** More nodes than the description of any one shape has. */
constexpr size_t kMaxNodes = 256;

bool IsWholeNumber(const ov::element::Type& type) {
  return type == ov::element::i32 || type == ov::element::i64;
}

/** Hands on values of its first input. */
bool IsSelection(const ov::Node& node) {
  static const std::unordered_set<std::string> selections = {"Gather", "Squeeze", "Unsqueeze", "Convert"};
  return selections.count(node.get_type_name()) > 0 && IsWholeNumber(node.get_output_element_type(0));
}

bool IsShapeOf(const ov::Node& node) { return std::string(node.get_type_name()) == "ShapeOf"; }

bool IsConcat(const ov::Node& node) { return std::string(node.get_type_name()) == "Concat"; }

}  // namespace

const ov::op::v0::Constant* ConstantOf(const ov::Output<ov::Node>& output) {
  return ov::as_type<const ov::op::v0::Constant>(output.get_node());
}

bool IsShapeValue(const ov::Output<ov::Node>& output) {
  std::unordered_set<const ov::Node*> seen;
  std::vector<const ov::Node*> open{output.get_node()};
  while (!open.empty()) {
    const ov::Node* node = open.back();
    open.pop_back();
    if (!seen.insert(node).second || IsShapeOf(*node) || ov::is_type<ov::op::v0::Constant>(node)) continue;
    if (seen.size() > kMaxNodes) return false;
    if (IsSelection(*node)) {
      open.push_back(node->get_input_node_ptr(0));
    } else if (IsConcat(*node)) {
      for (size_t i = 0; i < node->get_input_size(); ++i) open.push_back(node->get_input_node_ptr(i));
    } else {
      return false;
    }
  }
  return true;
}

bool IsDimension(const ov::Output<ov::Node>& output) {
  const ov::Node* node = output.get_node();
  for (size_t depth = 0; depth < kMaxNodes; ++depth) {
    if (IsShapeOf(*node)) return true;
    if (!IsSelection(*node)) return false;
    node = node->get_input_node_ptr(0);
  }
  return false;
}

}  // namespace ovd
