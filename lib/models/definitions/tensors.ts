import { ModelLoadError } from '../../common/errors.js';
import { graph, type GraphOutput } from '../../runtime/index.js';

/** A scalar constant. */
export function scalar(value: number): GraphOutput {
  return graph.constant('f32', [], Float32Array.of(value));
}

/** A constant of integers: sizes, axes, orders. */
export function integers(values: readonly number[], shape: readonly number[] = [values.length]): GraphOutput {
  return graph.constant('i64', shape, BigInt64Array.from(values, BigInt));
}

/** A fixed size of a tensor; a negative axis counts from the end. */
export function sizeOf(x: GraphOutput, axis: number): number {
  const size = x.shape?.at(axis);
  if (typeof size === 'number' && size >= 0) return size;
  throw new ModelLoadError(
    'UNSUPPORTED',
    `A layer needs axis ${axis} of its input to be fixed, but the shape is ${JSON.stringify(x.shape)}`,
  );
}

export function add(a: GraphOutput, b: GraphOutput): GraphOutput {
  return graph.node('Add', [a, b]);
}

export function multiply(a: GraphOutput, b: GraphOutput): GraphOutput {
  return graph.node('Multiply', [a, b]);
}

export function concat(axis: number, ...tensors: readonly GraphOutput[]): GraphOutput {
  return graph.node('Concat', tensors, { axis });
}

/** Equal parts along an axis. */
export function chunk(x: GraphOutput, parts: number, axis: number): GraphOutput[] {
  return graph.nodeOutputs('Split', [x, integers([axis], [])], { num_splits: parts });
}

/** New axes of size 1. */
export function unsqueeze(x: GraphOutput, ...axes: readonly number[]): GraphOutput {
  return graph.node('Unsqueeze', [x, integers(axes)]);
}

/** Height and width of x [batch, channels, height, width], as a tensor: known only when the network runs. */
function sides(x: GraphOutput): GraphOutput {
  const shape = graph.node('ShapeOf', [x], { output_type: 'i64' });
  return graph.node('Gather', [shape, integers([2, 3]), integers([0], [])], { batch_dims: 0 });
}

/** [batch, channels, height, width] to [batch, height · width, channels]. */
export function toTokens(x: GraphOutput): GraphOutput {
  const channelsLast = graph.node('Transpose', [x, integers([0, 2, 3, 1])]);
  return graph.node('Reshape', [channelsLast, integers([0, -1, sizeOf(x, 1)])], { special_zero: true });
}

/** [batch, height · width, channels] to an image of the height and width of `like`. */
export function toImage(tokens: GraphOutput, like: GraphOutput): GraphOutput {
  const shape = concat(0, integers([0]), sides(like), integers([sizeOf(tokens, -1)]));
  const channelsLast = graph.node('Reshape', [tokens, shape], { special_zero: true });
  return graph.node('Transpose', [channelsLast, integers([0, 3, 1, 2])]);
}

const NEAREST = {
  mode: 'nearest',
  nearest_mode: 'floor',
  coordinate_transformation_mode: 'asymmetric',
  pads_begin: [0],
  pads_end: [0],
} as const;

/** Twice as high and wide, each pixel repeated. */
export function upsampleNearest2d(x: GraphOutput): GraphOutput {
  const factors = graph.constant('f32', [2], Float32Array.of(2, 2));
  return graph.node('Interpolate', [x, factors, integers([2, 3])], {
    ...NEAREST,
    shape_calculation_mode: 'scales',
  });
}

/** As high and wide as `like`, by the nearest pixel. */
export function resizeNearest2d(x: GraphOutput, like: GraphOutput): GraphOutput {
  return graph.node('Interpolate', [x, sides(like), integers([2, 3])], {
    ...NEAREST,
    shape_calculation_mode: 'sizes',
  });
}
