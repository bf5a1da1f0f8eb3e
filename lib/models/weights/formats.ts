import { graph, type GraphOutput, type WeightConversion } from '../../runtime/index.js';

/**
 * How weights are stored in the exported files. Whatever the format, networks compute in the device's precision:
 *
 * - 'stored': as in the source, f32, f16 or bf16; f64 becomes f32, the two kinds of f8 become f16, and what is summed
 *   while the network is built (the kernels of upsamplers) f32
 * - 'fp32', 'fp16': converted where the source differs
 * - 'int8': matrices and embeddings as 8-bit integers with a scale for each output channel, the others as 'fp16'
 */
export type WeightFormat = 'stored' | 'fp32' | 'fp16' | 'int8';

export const WEIGHT_FORMATS = ['stored', 'fp32', 'fp16', 'int8'] as const satisfies readonly WeightFormat[];

/** What a large tensor of weights is for. */
export type WeightKind = 'matrix' | 'embedding' | 'convolution';

/** What becomes of the weights and the activations of a network while it is built. */
export interface WeightPolicy {
  /**
   * A large tensor in f32.
   *
   * @param stored - a constant, as stored
   * @param name - the network's own name of the weight
   */
  weight(stored: GraphOutput, kind: WeightKind, name: string): GraphOutput;
  /**
   * The kernels [inputs, outputs, 4, 4] of a transposed convolution, in f32, that upsamples and convolves at once;
   * undefined where the network is to do one after the other.
   *
   * @param stored - the 3x3 kernels of the convolution after the upsampling, as stored
   */
  upsampler(stored: GraphOutput, name: string): GraphOutput | undefined;
  /** The input of the matrix product or convolution of a module, by the module's name. */
  activation(module: string, x: GraphOutput): GraphOutput;
}

/**
 * Weights in a format, activations as they are.
 *
 * @param conversion - created on first use; its values are computed after the network is built
 */
export function formatPolicy(format: WeightFormat, conversion: () => WeightConversion): WeightPolicy {
  return {
    weight(stored, kind, name) {
      const type = elementTypeOf(stored, kind, format);
      if (type === 'i8') {
        const [integers, scales] = conversion().quantize(stored, name);
        return graph.node('Multiply', [graph.decompressed(integers), scales]);
      }
      const constant = type === stored.elementType ? stored : conversion().convert(stored, type, name);
      return type === 'f32' ? constant : graph.decompressed(constant);
    },
    upsampler(stored, name) {
      // Sums of f16 or bf16 need more digits than either has.
      const type = format === 'stored' || format === 'fp32' ? 'f32' : 'f16';
      const kernels = conversion().upsampling(stored, type, name);
      return type === 'f32' ? kernels : graph.decompressed(kernels);
    },
    activation: (_, x) => x,
  };
}

/** A constant of the same values in f32; for small tensors, which OpenVINO fuses only as such. */
export function asFloat32(stored: GraphOutput, name: string): GraphOutput {
  if (stored.elementType === 'f32') return stored;
  return graph.fold(graph.node('Convert', [stored], { destination_type: 'f32' }), name);
}

type StoredType = 'f32' | 'f16' | 'bf16' | 'i8';

/** Types that networks are not saved in, with the smallest one that holds all their values (or, of f64, nearly). */
const NEAREST: Partial<Record<string, StoredType>> = { f64: 'f32', f8e4m3: 'f16', f8e5m2: 'f16' };

function elementTypeOf(stored: GraphOutput, kind: WeightKind, format: WeightFormat): StoredType {
  switch (format) {
    case 'stored':
      return NEAREST[stored.elementType] ?? (stored.elementType as StoredType);
    case 'fp32':
      return 'f32';
    case 'fp16':
      return 'f16';
    case 'int8':
      return kind === 'convolution' ? 'f16' : 'i8';
  }
}
