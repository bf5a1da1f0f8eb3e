import { Tensor } from '../runtime/index.js';
import { Component } from './component.js';
import type { InferenceContext } from './inference.js';
import type { ModelSource } from '../models/loading/model-source.js';
import { requirePort } from './ports.js';
import { ShapedModel, type CompileSettings } from './shaped-model.js';

/** What the encoder says of a picture: a distribution's moments, or (older exports) a sample drawn inside the graph. */
export type EncodedImage =
  | { kind: 'parameters'; mean: Float32Array; logVariance: Float32Array; shape: number[] }
  | { kind: 'sample'; sample: Float32Array; shape: number[] };

/** AutoencoderKL's encoder as optimum-intel exports it, whichever of its two outputs the version gave it. */
export class VaeEncoder extends Component {
  readonly #output: string;

  private constructor(model: ShapedModel, output: string) {
    super(model);
    this.#output = output;
  }

  /** @throws ModelLoadError */
  static async read(source: ModelSource, settings: CompileSettings): Promise<VaeEncoder> {
    const model = await ShapedModel.read(source, settings);
    requirePort('VAE encoder', model.inputs, 'sample');
    const { name } = requirePort('VAE encoder', model.outputs, 'latent_parameters', 'latent_sample');
    return new VaeEncoder(model, name);
  }

  /**
   * @param pixels - shape [3, height, width], -1 to 1
   * @returns moments or sample, each of shape [1, latentChannels, height / factor, width / factor], not yet scaled
   */
  async encode(
    pixels: Float32Array,
    size: { height: number; width: number },
    context: InferenceContext,
  ): Promise<EncodedImage> {
    const shape = [1, 3, size.height, size.width];
    const { request } = await context.wait(this.model.variant({ sample: shape }));
    request.setInput('sample', new Tensor('f32', shape, pixels));
    await context.run(request);
    using output = request.getOutput(this.#output);
    const [batch = 1, channels = 0, ...rest] = output.shape;
    if (this.#output === 'latent_sample') {
      return { kind: 'sample', sample: output.data.slice(), shape: output.shape };
    }
    const half = output.data.length / 2;
    return {
      kind: 'parameters',
      mean: output.data.slice(0, half),
      logVariance: output.data.slice(half),
      shape: [batch, channels / 2, ...rest],
    };
  }
}
