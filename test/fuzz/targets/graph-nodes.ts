import {
  broadcast,
  unary,
  binary,
  logical,
  reduce,
  convolution,
  pool,
  interpolate,
  attention,
  slice,
  gather,
  softmax,
  control,
  type Make,
} from './graph-makers.js';
import { Dice } from './dice.js';
import type { ElementType } from '../../../lib/runtime/index.js';
import { Arguments, type Argument, type NodeOf } from './graph-arguments.js';

const UNARY =
  'Abs Ceiling Cos Erf Exp Floor HSigmoid HSwish Log LogicalNot Mish Negative Relu Sigmoid Sign Sin SoftPlus SoftSign Sqrt Tan Tanh';
const BINARY =
  'Add Divide Equal FloorMod Greater GreaterEqual Less LessEqual Maximum Minimum Multiply NotEqual Power SquaredDifference Subtract';

/** One way to make several operations. */
function alike(operations: string, make: Make): Record<string, Make> {
  return Object.fromEntries(operations.split(' ').map((operation) => [operation, make]));
}

/** What each operation is given. */
const MAKERS: Record<string, Make> = {
  ...alike(UNARY, unary),
  ...alike(BINARY, binary),
  ...alike('LogicalAnd LogicalOr LogicalXor', logical),
  ...alike('ReduceL2 ReduceMax ReduceMean ReduceMin ReduceSum', reduce),
  Clamp: (a) => ({ ...unary(a), attributes: { min: a.number(-2, 1), max: a.number(0, 3) } }),
  Elu: (a) => ({ ...unary(a), attributes: { alpha: a.number(0, 2) } }),
  Gelu: (a) => ({ ...unary(a), attributes: { approximation_mode: a.choice('ERF', 'TANH') } }),
  Round: (a) => ({ ...unary(a), attributes: { mode: a.choice('half_to_even', 'half_away_from_zero') } }),
  Convert: (a) => ({
    ...unary(a),
    attributes: {
      destination_type: a.choice(
        'f32',
        'f16',
        'bf16',
        'i32',
        'i64',
        'u8',
        'i8',
        'boolean',
        'f64',
        'u4',
        'string',
      ),
    },
  }),
  ShapeOf: (a) => ({ ...unary(a), attributes: { output_type: a.choice('i64', 'i32') } }),
  Swish: (a) => ({
    inputs: [a.data(a.shape(0, 5)), ...(a.dice.once(2) ? [a.data(a.slip([]), 'f32')] : [])],
    attributes: {},
  }),
  HardSigmoid: (a) => ({
    inputs: [a.data(a.shape(0, 4), 'f32'), a.data(a.slip([]), 'f32'), a.data([], 'f32')],
    attributes: {},
  }),
  Selu: (a) => ({
    inputs: [a.data(a.shape(0, 4), 'f32'), a.data(a.slip([]), 'f32'), a.data([], 'f32')],
    attributes: {},
  }),
  Select: (a) => {
    const shape = a.shape(0, 4);
    const type = a.float();
    return {
      inputs: [a.data(a.narrower(shape), 'boolean'), a.data(shape, type), a.data(a.narrower(shape), type)],
      attributes: broadcast(a),
    };
  },
  MatMul: (a) => {
    const [m, k, n, batch] = [a.dimension(), a.dimension(), a.dimension(), a.shape(0, 2)];
    const [left, right] = [a.dice.once(2), a.dice.once(2)];
    const type = a.dice.once(6) ? a.integer() : a.float();
    const inputs = [
      a.data(a.slip([...batch, ...(left ? [k, m] : [m, k])]), type),
      a.data(a.slip([...(a.dice.once(2) ? batch : []), ...(right ? [n, k] : [k, n])]), type),
    ];
    return { inputs, attributes: { transpose_a: left, transpose_b: right } };
  },
  Convolution: convolution((data, out) => ({ data, weights: [out, data] })),
  ConvolutionBackpropData: convolution((data, out) => ({ data, weights: [data, out] })),
  GroupConvolution: convolution((data, out) => ({ data: data * 2, weights: [2, out, data] })),
  AvgPool: pool,
  Interpolate: interpolate,
  ScaledDotProductAttention: attention,
  StridedSlice: slice,
  Gather: gather,
  Softmax: softmax,
  Concat: (a) => {
    const shape = a.shape(1, 4);
    const axis = a.number(-1, shape.length - 1);
    const type = a.float();
    const inputs = a.dice.list(a.dice.below(4), () =>
      a.data(a.slip(shape.map((side, at) => (at === axis ? a.dimension() : side))), type),
    );
    return { inputs, attributes: { axis } };
  },
  Split: control(
    (a, shape) => ({ inputs: [a.scalar(-1, shape.length - 1)], attributes: { num_splits: a.number(1, 4) } }),
    1,
  ),
  VariadicSplit: control((a, shape) => {
    const axis = a.dice.below(shape.length);
    const first = a.number(0, 2);
    const lengths = a.dice.once(3)
      ? a.numbers(3, -1, 3)
      : [first, a.dice.once(2) ? -1 : shape[axis]! - first];
    return { inputs: [a.control([a.dice.once(6) ? a.number(-3, 3) : axis], []), a.control(lengths)] };
  }, 1),
  Reshape: control((a, shape) => {
    const target = [
      a.numbers(a.dice.below(5), -1, 6),
      [-1],
      [...shape].reverse(),
      shape.map((_, at) => (at === 0 ? -1 : 0)),
      [1, ...shape],
    ];
    return { inputs: [a.control(a.dice.pick(target))], attributes: { special_zero: a.choice(true, false) } };
  }),
  Transpose: control((a, shape) => {
    const order = shape.map((_, at) => (at + 1) % shape.length);
    return {
      inputs: [a.control(a.dice.once(5) ? a.numbers(shape.length, 0, 4) : a.dice.once(5) ? [] : order)],
    };
  }),
  Squeeze: control((a, shape) => ({ inputs: a.dice.once(6) ? [] : [a.axes(shape.length)] })),
  Unsqueeze: control((a, shape) => ({ inputs: [a.axes(shape.length + 1)] })),
  Broadcast: control((a, shape) => {
    const target = [...a.shape(0, 2), ...shape.map((side) => (side === 1 ? a.dimension() : side))];
    const mode = a.choice('numpy', 'bidirectional', 'explicit');
    const mapping =
      mode === 'explicit' ? [a.control(shape.map((_, at) => at + target.length - shape.length))] : [];
    return {
      inputs: [a.control(a.dice.once(4) ? a.numbers(target.length, 0, 4) : target), ...mapping],
      attributes: { mode },
    };
  }),
  Range: (a) => ({
    inputs: [a.scalar(-3, 3), a.scalar(0, 9), a.scalar(-1, 2)],
    attributes: { output_type: a.choice('i64', 'i32', 'f32') },
  }),
  Pad: control((a, shape) => {
    const mode = a.choice('constant', 'edge', 'reflect', 'symmetric');
    const pads = (): Argument => a.control(a.numbers(shape.length, -1, 2));
    return {
      inputs: [pads(), pads(), ...(mode === 'constant' && a.dice.once(2) ? [a.data([])] : [])],
      attributes: { pad_mode: mode },
    };
  }),
  TopK: control((a, shape) => ({
    inputs: [a.control([a.number(0, 3)], [])],
    attributes: {
      axis: a.number(-1, shape.length - 1),
      mode: a.choice('max', 'min'),
      sort: a.choice('value', 'index', 'none'),
      index_element_type: a.choice('i32', 'i64'),
    },
  })),
  MVN: control((a, shape) => ({
    inputs: [a.axes(shape.length)],
    attributes: {
      eps: a.choice(1e-5, 0, 1),
      eps_mode: a.choice('inside_sqrt', 'outside_sqrt'),
      normalize_variance: a.choice(true, false),
    },
  })),
  GroupNormalization: (a) => {
    const shape = a.shape(2, 5);
    const channels = shape[1]!;
    const groups = a.dice.once(3) ? a.number(1, 4) : channels;
    const scale = (): Argument => a.data(a.slip([channels]), 'f32');
    return {
      inputs: [a.data(shape, a.dice.once(5) ? a.float() : 'f32'), scale(), scale()],
      attributes: { num_groups: groups, epsilon: a.choice(1e-5, 0) },
    };
  },
  FakeQuantize: (a) => {
    const shape = a.shape(0, 4);
    const range = (): Argument => a.data(a.narrower(shape), 'f32');
    return {
      inputs: [a.data(shape, a.dice.once(5) ? a.float() : 'f32'), range(), range(), range(), range()],
      attributes: { levels: a.number(2, 256), ...broadcast(a) },
    };
  },
};

export const GRAPH_OPERATIONS = Object.keys(MAKERS);

/** A graph of one operation, or of up to four, and another shape and type for its first input at times. */
export interface GraphOf {
  readonly nodes: readonly NodeOf[];
  readonly shape?: readonly number[];
  readonly type?: ElementType;
}

export function graphOf(seed: number): GraphOf {
  const dice = new Dice(seed);
  const nodes: NodeOf[] = [];
  const count = dice.once(2) ? 1 : 1 + dice.below(4);
  for (let at = 0; at < count; at++) {
    const operation = dice.pick(GRAPH_OPERATIONS);
    nodes.push({ operation, ...MAKERS[operation]!(new Arguments(dice, at)) });
  }
  const changes = new Arguments(dice, 0);
  const first = nodes
    .flatMap(({ inputs }) => inputs)
    .find((input) => 'as' in input && input.as === 'parameter');
  return {
    nodes,
    ...(first && 'as' in first && dice.once(6)
      ? { shape: changes.slip(first.shape.map((side) => (dice.once(3) ? changes.dimension() : side))) }
      : {}),
    ...(dice.once(10) ? { type: dice.once(2) ? changes.float() : changes.integer() } : {}),
  };
}
