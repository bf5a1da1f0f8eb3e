import type { ElementType, GraphOutput, NativeWeightConversion } from './binding.js';
import { binding } from './loading/load-binding.js';
import { native, nativeAsync } from './native-errors.js';

/**
 * Constants whose values are computed from others, into a file without a name that is gone with the last of them. A
 * network is built over them at once; `run` computes the values on another thread, in a few megabytes of memory.
 */
export class WeightConversion {
  readonly #handle: NativeWeightConversion;

  /**
   * @param folder - where the file is to lie; as large as the converted weights
   * @throws SaveError when it cannot be made there
   */
  constructor(folder: string) {
    this.#handle = native(() => new (binding().WeightConversion)(folder));
  }

  /** The constant in another element type, as OpenVINO converts it. */
  convert(constant: GraphOutput, elementType: ElementType, name: string): GraphOutput {
    return native(() => this.#handle.convert(constant, elementType, name));
  }

  /**
   * Symmetric rounding to -127…127 in i8, the largest weight of each output channel (axis 0) at the end of the range.
   *
   * @param constant - [channels, …]
   * @returns the integers, of the same shape, and the scales to multiply them with, f32 [channels, 1, …]
   */
  quantize(constant: GraphOutput, name: string): readonly [integers: GraphOutput, scales: GraphOutput] {
    return native(() => this.#handle.quantize(constant, name));
  }

  /**
   * Kernels with which one transposed convolution, of stride 2 and padding 1, does what nearest upsampling to twice
   * the size and a 3x3 convolution do. Sums of taps are computed in f32.
   *
   * @param constant - the 3x3 kernels, [outputs, inputs, 3, 3]
   * @returns [inputs, outputs, 4, 4]
   */
  upsampling(constant: GraphOutput, elementType: 'f32' | 'f16', name: string): GraphOutput {
    return native(() => this.#handle.upsampling(constant, elementType, name));
  }

  /**
   * Computes all values asked for. Nothing more can be asked for afterwards.
   *
   * @returns the names of tensors with values beyond the range of the type asked for. Their constants are of no use:
   * build the network with these tensors in a wider type
   * @throws ModelLoadError `MODEL_CORRUPT` naming a tensor with values that are infinite or not a number
   * @throws SaveError when the disk is full
   */
  async run(): Promise<readonly string[]> {
    return nativeAsync(() => this.#handle.run());
  }
}
