#include "graph/operations.h"

#include <openvino/opsets/opset.hpp>
#include <unordered_set>

#include "errors.h"

namespace ovd {
namespace {

/**
 * What diffusion networks are made of: functions of their inputs and attributes. Not among them are
 * operations with a body or a variable (If, Loop, TensorIterator, ReadValue, Assign), which attributes alone
 * cannot describe, and some that read memory they should not when their inputs are odd (Slice, Unique, RDFT,
 * ROIPooling, GatherND, ScatterElementsUpdate).
 */
const std::unordered_set<std::string>& Operations() {
  static const std::unordered_set<std::string> operations = {
      "Abs",
      "Acos",
      "Acosh",
      "Add",
      "Asin",
      "Asinh",
      "Atan",
      "Atanh",
      "AvgPool",
      "Broadcast",
      "Ceiling",
      "Clamp",
      "Concat",
      "Convert",
      "ConvertLike",
      "Convolution",
      "ConvolutionBackpropData",
      "Cos",
      "Cosh",
      "CumSum",
      "DepthToSpace",
      "Divide",
      "Elu",
      "Equal",
      "Erf",
      "Exp",
      "FakeQuantize",
      "Floor",
      "FloorMod",
      "Gather",
      "GatherElements",
      "Gelu",
      "Greater",
      "GreaterEqual",
      "GroupConvolution",
      "GroupConvolutionBackpropData",
      "GroupNormalization",
      "HSigmoid",
      "HSwish",
      "HardSigmoid",
      "Interpolate",
      "IsFinite",
      "IsInf",
      "IsNaN",
      "Less",
      "LessEqual",
      "Log",
      "LogSoftmax",
      "LogicalAnd",
      "LogicalNot",
      "LogicalOr",
      "LogicalXor",
      "MVN",
      "MatMul",
      "MaxPool",
      "Maximum",
      "Minimum",
      "Mish",
      "Mod",
      "Multiply",
      "Negative",
      "NormalizeL2",
      "NotEqual",
      "OneHot",
      "PRelu",
      "Pad",
      "Power",
      "Range",
      "ReduceL1",
      "ReduceL2",
      "ReduceLogicalAnd",
      "ReduceLogicalOr",
      "ReduceMax",
      "ReduceMean",
      "ReduceMin",
      "ReduceProd",
      "ReduceSum",
      "Relu",
      "Reshape",
      "Round",
      "ScaledDotProductAttention",
      "ScatterNDUpdate",
      "ScatterUpdate",
      "Select",
      "Selu",
      "ShapeOf",
      "Sigmoid",
      "Sign",
      "Sin",
      "Sinh",
      "SoftPlus",
      "SoftSign",
      "Softmax",
      "SpaceToDepth",
      "Split",
      "Sqrt",
      "SquaredDifference",
      "Squeeze",
      "StridedSlice",
      "Subtract",
      "Swish",
      "Tan",
      "Tanh",
      "Tile",
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
