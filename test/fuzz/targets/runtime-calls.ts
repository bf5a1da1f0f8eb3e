import fc from 'fast-check';

/** A call of the runtime's API: what it is given are objects made before, or odd values. */
export interface Call {
  name: string;
  picks: readonly number[];
  odd: readonly unknown[];
  /** How many of the arguments are odd, of ten. */
  oddity: readonly number[];
}

export const ELEMENT_TYPES = ['f32', 'f16', 'bf16', 'i32', 'i64', 'u8', 'boolean'] as const;
export const ARRAYS = {
  f32: Float32Array,
  f16: Uint16Array,
  bf16: Uint16Array,
  i32: Int32Array,
  i64: BigInt64Array,
  u8: Uint8Array,
  boolean: Uint8Array,
} as const;
export const OPERATIONS = [
  ...[
    'Add',
    'Multiply',
    'MatMul',
    'Relu',
    'Swish',
    'Softmax',
    'Reshape',
    'Transpose',
    'Concat',
    'Gather',
    'ShapeOf',
  ],
  ...[
    'Convolution',
    'GroupNormalization',
    'MVN',
    'Interpolate',
    'VariadicSplit',
    'TopK',
    'Convert',
    'Select',
    'Range',
  ],
  ...[
    'ReadValue',
    'Assign',
    'TensorIterator',
    'Loop',
    'If',
    'LSTMSequence',
    'LSTMCell',
    'GRUSequence',
    'RNNCell',
  ],
  ...[
    'NonMaxSuppression',
    'DetectionOutput',
    'Proposal',
    'PriorBox',
    'RegionYolo',
    'ROIPooling',
    'CTCLoss',
    'Einsum',
  ],
  ...[
    'Parameter',
    'Constant',
    'Result',
    'FakeQuantize',
    'OneHot',
    'Pad',
    'StridedSlice',
    'Split',
    'DepthToSpace',
  ],
  ...[
    'ScaledDotProductAttention',
    'MaxPool',
    'AvgPool',
    'ReduceMean',
    'EmbeddingBagOffsetsSum',
    'toString',
    '',
  ],
];
export const ATTRIBUTES = [
  ...[
    'axis',
    'transpose_a',
    'transpose_b',
    'destination_type',
    'special_zero',
    'auto_broadcast',
    'strides',
    'mode',
  ],
  ...[
    'pads_begin',
    'pads_end',
    'dilations',
    'num_groups',
    'epsilon',
    'eps',
    'eps_mode',
    'num_splits',
    'variable_id',
  ],
  ...[
    'output_type',
    'element_type',
    'shape',
    'value',
    'body',
    'hidden_size',
    'activations',
    'direction',
    'causal',
  ],
];

const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    true,
    NaN,
    -1,
    0,
    0.5,
    2 ** 31,
    2 ** 53,
    -(2 ** 63),
    1e300,
    10n,
    2n ** 65n,
    '',
  ),
  fc.constantFrom<unknown>(
    [],
    {},
    [[]],
    [-1],
    [2 ** 53],
    [NaN],
    ['1'],
    'f32',
    'CPU',
    'GPU',
    'AUTO:CPU',
    'x',
    '\0',
  ),
  fc.string(),
  fc.array(fc.integer({ min: -2, max: 5 }), { maxLength: 5 }),
  fc.constantFrom<unknown>(
    new Float32Array(4),
    new Uint8Array(0),
    new ArrayBuffer(8),
    new Map(),
    Symbol.iterator,
  ),
);
const small = fc.array(fc.nat(4), { minLength: 0, maxLength: 4 });

export const call: fc.Arbitrary<Call> = fc.record({
  name: fc.constantFrom(
    ...[
      'parameter',
      'constant',
      'node',
      'node',
      'node',
      'fold',
      'model',
      'compile',
      'compile',
      'request',
      'tensor',
    ],
    ...[
      'setInput',
      'setInput',
      'setOutput',
      'infer',
      'infer',
      'cancel',
      'getOutput',
      'data',
      'dispose',
      'reshape',
    ],
    ...[
      'serialize',
      'readModel',
      'mapped',
      'mappedRead',
      'mappedConstant',
      'getProperty',
      'setProperty',
      'wait',
    ],
  ),
  picks: fc.array(fc.nat(1000), { minLength: 6, maxLength: 6 }),
  odd: fc.tuple(oddValue, oddValue, oddValue, small),
  oddity: fc.array(fc.nat(9), { minLength: 4, maxLength: 4 }),
});
