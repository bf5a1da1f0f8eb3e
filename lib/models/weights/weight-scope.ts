import type { GraphOutput } from '../../runtime/index.js';
import type { WeightKind } from './formats.js';

/** Where a scope takes weights from, by their full names. */
export interface WeightReader {
  has(key: string): boolean;
  weight(key: string, shape: readonly number[], kind: WeightKind): GraphOutput;
  upsampler(key: string, shape: readonly number[]): GraphOutput | undefined;
  vector(key: string, shape: readonly number[], asShape: readonly number[]): GraphOutput;
  activation(module: string, x: GraphOutput): GraphOutput;
}

/**
 * The weights below one name, as a PyTorch module holds its own; candle's `VarBuilder`. Every weight of a network is
 * taken through a scope, and every activation of a linear layer or convolution passes one (`activation`), so that
 * weight formats, adapters and quantisation are policies of the reader and appear in no network.
 */
export class WeightScope {
  readonly #reader: WeightReader;
  readonly #prefix: string;

  /** @internal */
  constructor(reader: WeightReader, prefix: string) {
    this.#reader = reader;
    this.#prefix = prefix;
  }

  /** A submodule's scope, e.g. `at('resnets', 0)`. */
  at(...path: readonly (string | number)[]): WeightScope {
    return new WeightScope(this.#reader, `${this.#prefix}${path.join('.')}.`);
  }

  has(name: string): boolean {
    return this.#reader.has(this.#prefix + name);
  }

  /** A linear layer's weights, in f32 whatever their stored type. */
  matrix(name: string, shape: readonly [output: number, input: number]): GraphOutput {
    return this.#reader.weight(this.#prefix + name, shape, 'matrix');
  }

  embedding(name: string, shape: readonly [rows: number, width: number]): GraphOutput {
    return this.#reader.weight(this.#prefix + name, shape, 'embedding');
  }

  convolution(
    name: string,
    shape: readonly [output: number, input: number, height: number, width: number],
  ): GraphOutput {
    return this.#reader.weight(this.#prefix + name, shape, 'convolution');
  }

  /**
   * The weights of a 3x3 convolution after nearest upsampling, as the kernels [input, output, 4, 4] of one transposed
   * convolution that does both; undefined where it is to be done in two steps.
   */
  upsampler(name: string, shape: readonly [output: number, input: number, 3, 3]): GraphOutput | undefined {
    return this.#reader.upsampler(this.#prefix + name, shape);
  }

  /** A bias, a norm's scale and the like, as a tensor of another shape with as many elements. */
  vector(name: string, length: number, asShape: readonly number[] = [length]): GraphOutput {
    return this.#reader.vector(this.#prefix + name, [length], asShape);
  }

  /** The input of this module's matrix product or convolution, as the reader's policy wants it. */
  activation(x: GraphOutput): GraphOutput {
    return this.#reader.activation(this.#prefix.slice(0, -1), x);
  }
}
