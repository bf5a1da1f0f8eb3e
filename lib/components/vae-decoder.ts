import type { NetworkSource } from '../models/index.js';
import { Tensor, type PortShapes } from '../runtime/index.js';
import { Component } from './component.js';
import type { InferenceContext } from './inference.js';
import { fixedDimension, requireOutput, requirePort } from './ports.js';
import type { RequiredMemory } from './required-memory.js';
import type { ShapePolicy } from './shape-policy.js';
import { ShapedModel, type CompileSettings } from './shaped-model.js';
import type { LatentSize } from './unet-config.js';
import { readVaeConfig, type VaeConfig } from './vae-config.js';

/**
 * AutoencoderKL's decoder as optimum-intel exports it: latents to pixels.
 *
 * @example
 * ```ts
 * const { vaeDecoder } = other.components;
 * const swapped = new OVStableDiffusionPipeline({ ...pipeline.components, vaeDecoder }, pipeline.scheduler);
 * ```
 */
export class VaeDecoder extends Component {
  readonly config: VaeConfig;
  readonly latentChannels: number;

  private constructor(source: NetworkSource, model: ShapedModel) {
    super(source, model);
    const { port } = requirePort('vae_decoder', model.inputs, 'latent_sample');
    requirePort('vae_decoder', model.outputs, 'sample');
    this.config = readVaeConfig(source);
    this.latentChannels = fixedDimension(port, 1) ?? this.config.latentChannels;
  }

  /** @throws ModelLoadError */
  static async read(source: NetworkSource, settings: CompileSettings): Promise<VaeDecoder> {
    const model = await ShapedModel.read(source, settings);
    try {
      return new VaeDecoder(source, model);
    } catch (error) {
      await model.dispose();
      throw error;
    }
  }

  /** Whether it is AutoencoderTiny's, which decodes in a fraction of a step's time. */
  get isTiny(): boolean {
    return this.config.isTiny;
  }

  /** Compiles for one image of this size. */
  async compile(size: LatentSize | 'dynamic'): Promise<void> {
    await this.model.compile(this.#shapes(size));
  }

  /** Evicts every compiled size but this one. */
  async keepOnly(size: LatentSize): Promise<void> {
    await this.model.keepOnly(this.#shapes(size));
  }

  /** What one image needs at least: weights, and input and output of the convolution after the last upsampler. */
  requiredMemory(size: LatentSize, policy: ShapePolicy): RequiredMemory {
    const { levels, vaeScaleFactor } = this.config;
    const channels = levels[1] ?? levels[0] ?? 0;
    const pixels = size.height * size.width * vaeScaleFactor ** 2;
    return {
      component: 'vae_decoder',
      weights: this.model.weightBytes(this.#shapes(policy.select(size))),
      activations: 2 * channels * pixels * this.model.elementBytes,
    };
  }

  /**
   * Decodes one image; several at a time would cost memory and save no time.
   *
   * @param latents - shape [latentChannels, size.height, size.width], as the scheduler has them
   * @param use - receives the pixels, shape [1, 3, height, width], about -1 to 1, valid only during the call
   */
  async decode<T>(
    latents: Float32Array,
    size: LatentSize,
    policy: ShapePolicy,
    context: InferenceContext,
    use: (pixels: Float32Array, shape: readonly number[]) => T,
  ): Promise<T> {
    const variant = await context.acquire(this.model, this.#shapes(policy.select(size)));
    try {
      const { request } = variant;
      const { scalingFactor, shiftFactor } = this.config;
      const unscaled = latents.map((value) => value / scalingFactor + shiftFactor);
      const shape = [1, this.latentChannels, size.height, size.width];
      request.setInput('latent_sample', new Tensor('f32', shape, unscaled));
      await context.run(variant);
      using output = request.getOutput('sample');
      requireOutput(this.source.path, 'an image', output, [1, 3, undefined, undefined]);
      return use(output.data, output.shape);
    } finally {
      variant.release();
    }
  }

  #shapes(size: LatentSize | 'dynamic'): PortShapes {
    return size === 'dynamic'
      ? { latent_sample: [-1, this.latentChannels, -1, -1] }
      : { latent_sample: [1, this.latentChannels, size.height, size.width] };
  }
}
