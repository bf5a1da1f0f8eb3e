import { graph, type GraphOutput } from '../runtime/index.js';

/**
 * How weights lie in the exported files. Whatever the format, networks compute in the device's precision:
 *
 * - 'stored': as in the source, f32, f16 or bf16
 * - 'fp32', 'fp16': converted where the source differs
 * - 'int8': matrices and embeddings as 8-bit integers with a scale for each output channel, the rest as 'fp16'
 */
export type WeightFormat = 'stored' | 'fp32' | 'fp16' | 'int8';

export const WEIGHT_FORMATS = ['stored', 'fp32', 'fp16', 'int8'] as const satisfies readonly WeightFormat[];

/** What a tensor of weights is for. */
export type WeightKind = 'matrix' | 'embedding' | 'convolution';

/** The weights in f32, laid down in `format`: the one place that every large tensor of a network passes. */
export function inFormat(
  stored: GraphOutput,
  kind: WeightKind,
  format: WeightFormat,
  name: string,
): GraphOutput {
  if (format === 'int8') return kind === 'convolution' ? inFloat(stored, 'f16', name) : inInt8(stored, name);
  if (format === 'fp16') return inFloat(stored, 'f16', name);
  if (format === 'fp32') return inFloat(stored, 'f32', name);
  return stored.elementType === 'f32' ? stored : graph.decompressed(stored);
}

/** A constant of the same values in f32; for small tensors, which take part in OpenVINO's fusions only as such. */
export function asFloat32(stored: GraphOutput, name: string): GraphOutput {
  return inFloat(stored, 'f32', name);
}

function inFloat(stored: GraphOutput, type: 'f32' | 'f16', name: string): GraphOutput {
  const converted = stored.elementType === type ? stored : graph.fold(convert(stored, type), name);
  return type === 'f32' ? converted : graph.decompressed(converted);
}

/** Keeps channels of zeros from dividing by zero; the smallest normal f32. */
const SMALLEST_SCALE = 2 ** -126;

/** Symmetric rounding to -127…127, the largest weight of each output channel (axis 0) at the end of the range. */
function inInt8(stored: GraphOutput, name: string): GraphOutput {
  const weights = graph.fold(convert(stored, 'f32'), name);
  const rest = (stored.shape ?? []).map((_, axis) => axis).slice(1);
  const largest = graph.node('ReduceMax', [graph.node('Abs', [weights]), axes(rest)], { keep_dims: true });
  const scale = graph.fold(
    graph.node('Maximum', [graph.node('Divide', [largest, scalar(127)]), scalar(SMALLEST_SCALE)]),
    `${name}/scale`,
  );
  const rounded = graph.node('Round', [graph.node('Divide', [weights, scale])], { mode: 'half_to_even' });
  const quantized = graph.fold(convert(rounded, 'i8'), name);
  return graph.node('Multiply', [graph.decompressed(quantized), scale]);
}

function convert(input: GraphOutput, type: 'f32' | 'f16' | 'i8'): GraphOutput {
  return graph.node('Convert', [input], { destination_type: type });
}

function scalar(value: number): GraphOutput {
  return graph.constant('f32', [], Float32Array.of(value));
}

function axes(values: readonly number[]): GraphOutput {
  return graph.constant('i32', [values.length], Int32Array.from(values));
}
