import { graph, type GraphOutput, type WeightConversion } from '../../runtime/index.js';

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

/**
 * The weights in f32, laid down in `format`: the one place that every large tensor of a network passes.
 *
 * @param conversion - made when first asked for; its values are computed after the network is built
 */
export function inFormat(
  stored: GraphOutput,
  kind: WeightKind,
  format: WeightFormat,
  name: string,
  conversion: () => WeightConversion,
): GraphOutput {
  const type = elementType(stored, kind, format);
  if (type === 'i8') {
    const [integers, scales] = conversion().quantize(stored, name);
    return graph.node('Multiply', [graph.decompressed(integers), scales]);
  }
  const constant = type === stored.elementType ? stored : conversion().convert(stored, type, name);
  return type === 'f32' ? constant : graph.decompressed(constant);
}

/** A constant of the same values in f32; for small tensors, which take part in OpenVINO's fusions only as such. */
export function asFloat32(stored: GraphOutput, name: string): GraphOutput {
  if (stored.elementType === 'f32') return stored;
  return graph.fold(graph.node('Convert', [stored], { destination_type: 'f32' }), name);
}

type Laid = 'f32' | 'f16' | 'bf16' | 'i8';

function elementType(stored: GraphOutput, kind: WeightKind, format: WeightFormat): Laid {
  switch (format) {
    case 'stored':
      return stored.elementType as Laid;
    case 'fp32':
      return 'f32';
    case 'fp16':
      return 'f16';
    case 'int8':
      return kind === 'convolution' ? 'f16' : 'i8';
  }
}
