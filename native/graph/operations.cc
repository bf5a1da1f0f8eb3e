#include "graph/operations.h"

#include <openvino/opsets/opset.hpp>
#include <unordered_set>

#include "errors.h"

namespace ovd {
namespace {

/**
 * What diffusion networks are made of, and their faster forms. Not among them are operations with a body or a
 * variable (If, Loop, TensorIterator, ReadValue, Assign), which attributes alone cannot describe, and those
 * that no network here needs, since many read memory they should not when their inputs are odd (Slice, Tile,
 * PRelu, Mod, GatherND, ScatterElementsUpdate, …). What is added needs its checks (check_node.h) and its row
 * in test/fuzz/targets/graph-nodes.ts, which tries all of them.
 */
const std::unordered_set<std::string>& Operations() {
  static const std::unordered_set<std::string> operations = {
      "Abs",
      "Add",
      "AvgPool",
      "Broadcast",
      "Ceiling",
      "Clamp",
      "Concat",
      "Convert",
      "Convolution",
      "ConvolutionBackpropData",
      "Cos",
      "Divide",
      "Elu",
      "Equal",
      "Erf",
      "Exp",
      "FakeQuantize",
      "Floor",
      "FloorMod",
      "Gather",
      "Gelu",
      "Greater",
      "GreaterEqual",
      "GroupConvolution",
      "GroupNormalization",
      "HSigmoid",
      "HSwish",
      "HardSigmoid",
      "Interpolate",
      "Less",
      "LessEqual",
      "Log",
      "LogicalAnd",
      "LogicalNot",
      "LogicalOr",
      "LogicalXor",
      "MVN",
      "MatMul",
      "Maximum",
      "Minimum",
      "Mish",
      "Multiply",
      "Negative",
      "NotEqual",
      "Pad",
      "Power",
      "Range",
      "ReduceL2",
      "ReduceMax",
      "ReduceMean",
      "ReduceMin",
      "ReduceSum",
      "Relu",
      "Reshape",
      "Round",
      "ScaledDotProductAttention",
      "Select",
      "Selu",
      "ShapeOf",
      "Sigmoid",
      "Sign",
      "Sin",
      "SoftPlus",
      "SoftSign",
      "Softmax",
      "Split",
      "Sqrt",
      "SquaredDifference",
      "Squeeze",
      "StridedSlice",
      "Subtract",
      "Swish",
      "Tan",
      "Tanh",
      "TopK",
      "Transpose",
      "Unsqueeze",
      "VariadicSplit",
  };
  return operations;
}

}  // namespace

std::shared_ptr<ov::Node> CreateNode(const std::string& operationSet, const std::string& operation) {
  const auto& sets = ov::get_available_opsets();
  const auto set = sets.find(operationSet);
  if (set == sets.end())
    throw CodedError("INVALID_ARGUMENT", "OpenVINO has no operation set '" + operationSet + "'");
  if (!set->second().contains_type(operation)) {
    throw CodedError("INVALID_ARGUMENT",
                     "Operation set " + operationSet + " has no operation '" + operation + "'");
  }
  if (Operations().count(operation) == 0) {
    throw CodedError("UNSUPPORTED",
                     "Networks cannot be built of the operation '" + operation + "', only read with it");
  }
  return std::shared_ptr<ov::Node>(set->second().create(operation));
}

}  // namespace ovd
