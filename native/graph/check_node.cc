#include "graph/check_node.h"

#include <openvino/op/constant.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "errors.h"
#include "graph/check_values.h"
#include "graph/shape_values.h"

namespace ovd {
namespace {

/** More than any tensor has, and little enough that its size in bytes cannot overflow. */
constexpr double kMaxElements = 1099511627776.0;  // 2^40

/** How an input that says what to do may come about. */
enum class Origin { kConstant, kShapeValue };

struct Control {
  size_t input;
  Origin origin;
};

/** Inputs that OpenVINO's kernels trust: no inference may compute them. */
const std::vector<Control>& ControlsOf(const std::string& operation) {
  using Controls = std::vector<Control>;
  constexpr auto kConstant = Origin::kConstant;
  constexpr auto kShapeValue = Origin::kShapeValue;
  static const Controls none;
  static const std::unordered_map<std::string, Controls> controls = {
      {"Broadcast", {{1, kShapeValue}}},
      {"Gather", {{2, kConstant}}},
      {"Interpolate", {{1, kShapeValue}, {2, kConstant}}},
      {"MVN", {{1, kConstant}}},
      {"Pad", {{1, kConstant}, {2, kConstant}}},
      {"Range", {{0, kConstant}, {1, kShapeValue}, {2, kConstant}}},
      {"ReduceL2", {{1, kConstant}}},
      {"ReduceMax", {{1, kConstant}}},
      {"ReduceMean", {{1, kConstant}}},
      {"ReduceMin", {{1, kConstant}}},
      {"ReduceSum", {{1, kConstant}}},
      {"Reshape", {{1, kShapeValue}}},
      {"Split", {{1, kConstant}}},
      {"Squeeze", {{1, kConstant}}},
      {"StridedSlice", {{1, kConstant}, {2, kConstant}, {3, kConstant}}},
      {"TopK", {{1, kConstant}}},
      {"Transpose", {{1, kConstant}}},
      {"Unsqueeze", {{1, kConstant}}},
      {"VariadicSplit", {{1, kConstant}, {2, kConstant}}},
  };
  const auto found = controls.find(operation);
  return found == controls.end() ? none : found->second;
}

void CheckControls(const ov::Node& node, const std::vector<Control>& controls) {
  for (const auto& [input, origin] : controls) {
    if (input >= node.get_input_size()) continue;
    const auto value = node.input_value(input);
    if (ConstantOf(value) || (origin == Origin::kShapeValue && IsShapeValue(value))) continue;
    Refuse(node, "input " + std::to_string(input) +
                     (origin == Origin::kConstant ? " must be a constant"
                                                  : " must be a constant, or computed of shapes only"));
  }
}

void CheckShape(const ov::Node& node, const ov::PartialShape& shape) {
  if (shape.rank().is_dynamic()) Refuse(node, "a tensor of an unknown number of dimensions");
  double elements = 1;
  for (const auto& dimension : shape) {
    if (dimension.get_max_length() == 0) Refuse(node, "a tensor without elements: " + shape.to_string());
    if (dimension.is_static()) elements *= static_cast<double>(dimension.get_length());
  }
  if (elements > kMaxElements) Refuse(node, "a tensor beyond any memory: " + shape.to_string());
}

}  // namespace

void CheckNode(const ov::Node& node) {
  const auto& controls = ControlsOf(node.get_type_name());
  CheckControls(node, controls);
  for (size_t i = 0; i < node.get_input_size(); ++i) {
    bool isControl = false;
    for (const auto& control : controls) isControl = isControl || control.input == i;
    // Axes may be none.
    if (!isControl) CheckShape(node, node.get_input_partial_shape(i));
  }
  for (size_t i = 0; i < node.get_output_size(); ++i) {
    CheckShape(node, node.get_output_partial_shape(i));
  }
  CheckValues(node);
}

void CheckNodes(const ov::Model& model) {
  for (const auto& node : model.get_ops()) {
    // Constants may be axes, of which there may be none; whoever takes them for more is checked.
    if (!ov::is_type<ov::op::v0::Constant>(node)) CheckNode(*node);
  }
}

}  // namespace ovd
