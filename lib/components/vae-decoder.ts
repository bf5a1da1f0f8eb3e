import { Tensor, type PortShapes } from '../runtime/index.js';
import { Component } from './component.js';
import type { InferenceContext } from './inference.js';
import type { ModelSource } from '../models/loading/model-source.js';
import { fixedDimension, requirePort } from './ports.js';
import { ShapedModel, type CompileSettings } from './shaped-model.js';

/** A latent picture's size: height and width in latents, not pixels. */
export interface LatentSize {
  height: number;
  width: number;
}

/** AutoencoderKL's decoder as optimum-intel exports it: latents to pixels. */
export class VaeDecoder extends Component {
  readonly latentChannels: number;
  readonly #input: string;

  private constructor(model: ShapedModel, input: string, latentChannels: number) {
    super(model);
    this.#input = input;
    this.latentChannels = latentChannels;
  }

  /** @throws ModelLoadError */
  static async read(source: ModelSource, settings: CompileSettings): Promise<VaeDecoder> {
    const model = await ShapedModel.read(source, settings);
    const { name, port } = requirePort('VAE decoder', model.inputs, 'latent_sample');
    requirePort('VAE decoder', model.outputs, 'sample');
    return new VaeDecoder(model, name, fixedDimension(port, 1) ?? 4);
  }

  async compile(size: LatentSize | 'dynamic'): Promise<void> {
    await this.model.variant(this.#shapes(size));
  }

  async keepOnly(size: LatentSize): Promise<void> {
    await this.model.keepOnly(this.#shapes(size));
  }

  /**
   * Decodes one picture; more than one at a time would cost memory and win no time.
   *
   * @param latents - shape [latentChannels, size.height, size.width], already divided by the scaling factor
   * @param use - what is done with the pixels, shape [3, height, width], about -1 to 1; they are lent only for that
   */
  async decode<T>(
    latents: Float32Array,
    size: LatentSize,
    variant: LatentSize | 'dynamic',
    context: InferenceContext,
    use: (pixels: Float32Array, shape: readonly number[]) => T,
  ): Promise<T> {
    const { request } = await context.wait(this.model.variant(this.#shapes(variant)));
    request.setInput(
      this.#input,
      new Tensor('f32', [1, this.latentChannels, size.height, size.width], latents),
    );
    await context.run(request);
    using output = request.getOutput('sample');
    return use(output.data, output.shape);
  }

  #shapes(size: LatentSize | 'dynamic'): PortShapes {
    const { height, width } = size === 'dynamic' ? { height: -1, width: -1 } : size;
    return { [this.#input]: [size === 'dynamic' ? -1 : 1, this.latentChannels, height, width] };
  }
}
