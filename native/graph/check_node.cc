#include "graph/check_node.h"

#include <algorithm>
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
enum class Origin {
  kConstant,
  /** Constants, of which there may be none. */
  kAxes,
  /** Constants, or computed of shapes. */
  kShapeValue,
};

struct Control {
  size_t input;
  Origin origin;
};

/** Inputs that OpenVINO's kernels trust: no inference may compute them. */
const std::vector<Control>& ControlsOf(const std::string& operation) {
  using Controls = std::vector<Control>;
  constexpr auto kConstant = Origin::kConstant;
  constexpr auto kAxes = Origin::kAxes;
  constexpr auto kShapeValue = Origin::kShapeValue;
  static const Controls none;
  static const std::unordered_map<std::string, Controls> controls = {
      {"Broadcast", {{1, kShapeValue}}},
      {"FakeQuantize", {{1, kConstant}, {2, kConstant}, {3, kConstant}, {4, kConstant}}},
      {"Gather", {{2, kConstant}}},
      {"Interpolate", {{1, kShapeValue}, {2, kConstant}}},
      {"MVN", {{1, kAxes}}},
      {"Pad", {{1, kConstant}, {2, kConstant}}},
      {"Range", {{0, kConstant}, {1, kShapeValue}, {2, kConstant}}},
      {"ReduceL2", {{1, kAxes}}},
      {"ReduceMax", {{1, kAxes}}},
      {"ReduceMean", {{1, kAxes}}},
      {"ReduceMin", {{1, kAxes}}},
      {"ReduceSum", {{1, kAxes}}},
      {"Reshape", {{1, kShapeValue}}},
      {"Split", {{1, kConstant}}},
      {"Squeeze", {{1, kAxes}}},
      {"StridedSlice", {{1, kConstant}, {2, kConstant}, {3, kConstant}}},
      {"TopK", {{1, kConstant}}},
      {"Transpose", {{1, kAxes}}},
      {"Unsqueeze", {{1, kAxes}}},
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
                     (origin == Origin::kShapeValue ? " must be a constant, or computed of shapes only"
                                                    : " must be a constant"));
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
    const bool mayBeEmpty = std::any_of(controls.begin(), controls.end(), [i](const Control& control) {
      return control.input == i && control.origin != Origin::kConstant;
    });
    if (!mayBeEmpty) CheckShape(node, node.get_input_partial_shape(i));
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
