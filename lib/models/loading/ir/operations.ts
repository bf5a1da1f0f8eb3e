/**
 * The operations that networks of diffusion models are made of, as OpenVINO's exporters write them: what stands in
 * folders of optimum-intel from 1.7 to 2.2, with compressed and quantised weights too, and, of the same kinds, what
 * conversion by way of ONNX and older opsets make of the same layers.
 *
 * Names are those of the files, where a few differ from the specification's: Const, ReLU, PReLU, SoftMax.
 *
 * Left out are operations that keep a state between inferences or have networks of their own within (ReadValue,
 * Assign, TensorIterator, Loop, If), those on text, and those of detection, recurrent and sparse networks.
 *
 * @see https://docs.openvino.ai/2026/documentation/openvino-ir-format/operation-sets.html
 */
export interface OperationRule {
  /** Attributes of `<data>` that the operation's specification requires. */
  readonly required: readonly string[];
  readonly minInputs: number;
  readonly maxInputs: number;
  readonly maxOutputs: number;
}

/** So many tensors are concatenated, split or stacked at most; a network has some hundred in one place. */
const MANY = 4096;

const SLIDING_WINDOW = ['strides', 'pads_begin', 'pads_end'];
const CONVOLUTION = [...SLIDING_WINDOW, 'dilations'];

function rule(
  minInputs: number,
  maxInputs = minInputs,
  required: readonly string[] = [],
  maxOutputs = 1,
): OperationRule {
  return { required, minInputs, maxInputs, maxOutputs };
}

function each(names: string, shared: OperationRule): [string, OperationRule][] {
  return names
    .trim()
    .split(/\s+/)
    .map((name) => [name, shared]);
}

export const OPERATIONS: ReadonlyMap<string, OperationRule> = new Map([
  ['Parameter', rule(0, 0, ['shape', 'element_type'])],
  ['Const', rule(0, 0, ['element_type', 'shape', 'offset', 'size'])],
  ['Result', rule(1, 1, [], 1)],

  // Element by element
  ...each(
    `Abs Acos Acosh Asin Asinh Atan Atanh Ceiling Cos Cosh Erf Exp Floor HSigmoid HSwish IsFinite IsInf IsNaN Log
    LogicalNot Mish Negative ReLU Round Sigmoid Sign Sin Sinh SoftPlus SoftSign Sqrt Tan Tanh BitwiseNot Gelu`,
    rule(1),
  ),
  ...each(
    `Add Divide Equal FloorMod Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalXor Maximum Minimum Mod
    Multiply NotEqual PReLU Power SquaredDifference Subtract BitwiseAnd BitwiseOr BitwiseXor BitwiseLeftShift
    BitwiseRightShift`,
    rule(2),
  ),
  ['Swish', rule(1, 2)],
  ['Clamp', rule(1, 1, ['min', 'max'])],
  ['Elu', rule(1, 1, ['alpha'])],
  ['HardSigmoid', rule(3)],
  ['Selu', rule(3)],
  ['Select', rule(3)],
  ['Convert', rule(1, 1, ['destination_type'])],
  ['ConvertLike', rule(2)],
  ['FakeQuantize', rule(5, 5, ['levels'])],

  // Matrix products, convolutions, attention
  ['MatMul', rule(2)],
  ['Einsum', rule(1, MANY, ['equation'])],
  ['Convolution', rule(2, 2, CONVOLUTION)],
  ['GroupConvolution', rule(2, 2, CONVOLUTION)],
  ['ConvolutionBackpropData', rule(2, 3, CONVOLUTION)],
  ['GroupConvolutionBackpropData', rule(2, 3, CONVOLUTION)],
  ['ScaledDotProductAttention', rule(3, 6, ['causal'])],

  // Norms, reductions, pooling
  ['BatchNormInference', rule(5, 5, ['epsilon'])],
  ['GroupNormalization', rule(3, 3, ['num_groups', 'epsilon'])],
  ['MVN', rule(1, 2, ['eps', 'normalize_variance'])],
  ['NormalizeL2', rule(2, 2, ['eps', 'eps_mode'])],
  ['LogSoftmax', rule(1)],
  ['SoftMax', rule(1)],
  ...each(
    'ReduceL1 ReduceL2 ReduceLogicalAnd ReduceLogicalOr ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum',
    rule(2),
  ),
  ['CumSum', rule(2)],
  ['TopK', rule(2, 2, ['axis', 'mode', 'sort'], 2)],
  ['AdaptiveAvgPool', rule(2)],
  ['AvgPool', rule(1, 1, [...SLIDING_WINDOW, 'kernel', 'exclude-pad'])],
  ['MaxPool', rule(1, 1, [...SLIDING_WINDOW, 'kernel'], 2)],
  ['Interpolate', rule(2, 4, ['mode'])],

  // Shapes and places
  ['Broadcast', rule(2, 3)],
  ['Concat', rule(1, MANY, ['axis'])],
  ['DepthToSpace', rule(1, 1, ['mode', 'block_size'])],
  ['SpaceToDepth', rule(1, 1, ['mode', 'block_size'])],
  ['Gather', rule(3)],
  ['GatherElements', rule(2, 2, ['axis'])],
  ['GatherND', rule(2)],
  ['NonZero', rule(1)],
  ['OneHot', rule(4, 4, ['axis'])],
  ['Pad', rule(3, 4, ['pad_mode'])],
  ['Range', rule(3)],
  ['Reshape', rule(2, 2, ['special_zero'])],
  ['Roll', rule(3)],
  ['ScatterElementsUpdate', rule(4)],
  ['ScatterNDUpdate', rule(3)],
  ['ScatterUpdate', rule(4)],
  ['ShapeOf', rule(1)],
  ['Slice', rule(4, 5)],
  ['Split', rule(2, 2, ['num_splits'], MANY)],
  ['Squeeze', rule(1, 2)],
  ['StridedSlice', rule(3, 4, ['begin_mask', 'end_mask'])],
  ['Tile', rule(2)],
  ['Transpose', rule(2)],
  ['Unsqueeze', rule(2)],
  ['VariadicSplit', rule(3, 3, [], MANY)],
]);

/** Bits of one element of each type a constant may have, by OpenVINO's name of it. Text has none. */
export const ELEMENT_BITS: ReadonlyMap<string, number> = new Map([
  ...ofBits('f64 i64 u64', 64),
  ...ofBits('f32 i32 u32', 32),
  ...ofBits('f16 bf16 i16 u16', 16),
  ...ofBits('i8 u8 boolean f8e4m3 f8e5m2 f8e8m0', 8),
  ...ofBits('u6', 6),
  ...ofBits('i4 u4 nf4 f4e2m1', 4),
  ...ofBits('u3', 3),
  ...ofBits('i2 u2', 2),
  ...ofBits('u1', 1),
]);

function ofBits(names: string, bits: number): [string, number][] {
  return names.split(' ').map((name) => [name, bits]);
}
