import type { NetworkSource } from '../models/index.js';
import { Tensor, type PortShapes } from '../runtime/index.js';
import { Component } from './component.js';
import type { InferenceContext } from './inference.js';
import { requireOutput, requirePort } from './ports.js';
import type { RequiredMemory } from './required-memory.js';
import type { ShapePolicy } from './shape-policy.js';
import { ShapedModel, type CompileSettings } from './shaped-model.js';
import { readVaeConfig, type VaeConfig } from './vae-config.js';

/** What the encoder makes of an image: a distribution's moments, or (older exports) a sample drawn inside the graph. */
export type EncodedImage =
  | { kind: 'parameters'; mean: Float32Array; logVariance: Float32Array; shape: number[] }
  | { kind: 'sample'; sample: Float32Array; shape: number[] };

/** An image's size in pixels. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/**
 * AutoencoderKL's encoder as optimum-intel exports it, whichever of its two outputs the version has.
 *
 * @example
 * ```ts
 * const { vaeDecoder, vaeEncoder } = other.components;
 * const swapped = new OVStableDiffusionPipeline(
 *   { ...pipeline.components, vaeDecoder, vaeEncoder },
 *   pipeline.scheduler,
 * );
 * ```
 */
export class VaeEncoder extends Component {
  readonly config: VaeConfig;
  readonly #output: string;

  private constructor(source: NetworkSource, model: ShapedModel) {
    super(source, model);
    requirePort('vae_encoder', model.inputs, 'sample');
    this.#output = requirePort('vae_encoder', model.outputs, 'latent_parameters', 'latent_sample').name;
    this.config = readVaeConfig(source);
  }

  /** @throws ModelLoadError */
  static async read(source: NetworkSource, settings: CompileSettings): Promise<VaeEncoder> {
    const model = await ShapedModel.read(source, settings);
    try {
      return new VaeEncoder(source, model);
    } catch (error) {
      await model.dispose();
      throw error;
    }
  }

  /** Whether it gives a distribution to draw latents from, rather than latents that the network has drawn. */
  get isDistribution(): boolean {
    return this.#output === 'latent_parameters';
  }

  /** Compiles for one image of this size. */
  async compile(size: ImageSize | 'dynamic'): Promise<void> {
    await this.model.compile(this.#shapes(size));
  }

  /** Evicts every compiled size but this one. */
  async keepOnly(size: ImageSize): Promise<void> {
    await this.model.keepOnly(this.#shapes(size));
  }

  /** What one image needs at least: weights, and input and output of a convolution at its full size. */
  requiredMemory({ height, width }: ImageSize, policy: ShapePolicy): RequiredMemory {
    const [channels = 0] = this.config.levels;
    return {
      component: 'vae_encoder',
      weights: this.model.weightBytes(this.#shapes(policy.select({ height, width }))),
      activations: 2 * channels * height * width * this.model.elementBytes,
    };
  }

  /**
   * @param pixels - shape [3, height, width], -1 to 1
   * @returns moments or sample, each of shape [1, latentChannels, height / factor, width / factor], before `scale`
   */
  async encode(
    pixels: Float32Array,
    size: ImageSize,
    policy: ShapePolicy,
    context: InferenceContext,
  ): Promise<EncodedImage> {
    const variant = await context.acquire(this.model, this.#shapes(policy.select(size)));
    try {
      const { request } = variant;
      request.setInput('sample', new Tensor('f32', [1, 3, size.height, size.width], pixels));
      await context.run(variant);
      using output = request.getOutput(this.#output);
      requireOutput(this.source.path, 'latents', output, [1, undefined, undefined, undefined]);
      return this.#split(output.data, output.shape);
    } finally {
      variant.release();
    }
  }

  /** Latents of the encoder as schedulers take them. */
  scale(latents: Float32Array): Float32Array {
    const { scalingFactor, shiftFactor } = this.config;
    return latents.map((value) => (value - shiftFactor) * scalingFactor);
  }

  #split(output: Float32Array, shape: readonly number[]): EncodedImage {
    if (this.#output === 'latent_sample') {
      return { kind: 'sample', sample: output.slice(), shape: [...shape] };
    }
    const [batch = 1, channels = 0, ...sides] = shape;
    const half = output.length / 2;
    return {
      kind: 'parameters',
      mean: output.slice(0, half),
      logVariance: output.slice(half),
      shape: [batch, channels / 2, ...sides],
    };
  }

  #shapes(size: ImageSize | 'dynamic'): PortShapes {
    return size === 'dynamic' ? { sample: [1, 3, -1, -1] } : { sample: [1, 3, size.height, size.width] };
  }
}
