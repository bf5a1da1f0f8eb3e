import { ShapeMismatchError } from '../common/errors.js';
import { resize, tensorFromPixels, toRgb } from '../image/index.js';
import { beginIndexForStrength, correctScheduler, type Scheduler } from '../schedulers/index.js';
import { requireLatentsAndText, requireVaeEncoder } from './components.js';
import { checkLatents, encodeImages, repeated, sampleLatents } from './encode-images.js';
import type { OutputType } from './generate-options.js';
import type { GenerateResult } from './generate-result.js';
import { isLatents } from './image-options.js';
import { parseImg2ImgOptions, type Img2ImgGenerateOptions } from './image-to-image-options.js';
import type { StableDiffusionComponents } from './load-components.js';
import { loadPretrained, loadSingleFile } from './load.js';
import type { PipelineInit } from './pipeline-init.js';
import { registerPipeline } from './registry.js';
import type { PipelineOptions, SingleFileOptions } from './pipeline-options.js';
import { defaultSize, readImages, requireDivisor } from './read-images.js';
import type { Generation, Plan, Start } from './generation.js';
import { StableDiffusionPipeline } from './stable-diffusion.js';

/** As diffusers names it. */
const CLASS_NAME = 'StableDiffusionImg2ImgPipeline';

/**
 * Image to image with Stable Diffusion 1.x and 2.x on OpenVINO (SDEdit, https://arxiv.org/abs/2108.01073); diffusers'
 * `StableDiffusionImg2ImgPipeline` and optimum-intel's `OVStableDiffusionImg2ImgPipeline`, in Node.
 *
 * @see https://huggingface.co/docs/diffusers/api/pipelines/stable_diffusion/img2img
 * @example
 * ```ts
 * const pipeline = OVStableDiffusionImg2ImgPipeline.fromPipe(textToImage);
 * const { images } = await pipeline.generate('a castle, oil painting', { image: 'sketch.png', strength: 0.6 });
 * await images[0].toFile('castle.png');
 * ```
 */
export class OVStableDiffusionImg2ImgPipeline extends StableDiffusionPipeline {
  /** Pipeline classes of `model_index.json` that this class loads. */
  static readonly modelClasses: readonly string[] = [CLASS_NAME, 'StableDiffusionPipeline'];

  protected override readonly className = CLASS_NAME;

  static {
    registerPipeline(CLASS_NAME, this);
  }

  /**
   * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` when they do not fit each other, or have no VAE encoder
   * @throws InvalidArgumentError
   */
  constructor(components: StableDiffusionComponents, scheduler: Scheduler, init?: PipelineInit) {
    requireLatentsAndText(components);
    requireVaeEncoder(components);
    super(components, correctScheduler(scheduler, CLASS_NAME), init);
  }

  /**
   * Loads a model as `OVStableDiffusionPipeline.fromPretrained` does.
   *
   * @throws HubError, SaveError, ModelLoadError, RuntimeNotFoundError, InvalidArgumentError
   */
  static override async fromPretrained(
    idOrFolder: string,
    options: PipelineOptions = {},
  ): Promise<OVStableDiffusionImg2ImgPipeline> {
    return loadPretrained(this, idOrFolder, options);
  }

  /**
   * Loads an original checkpoint as `OVStableDiffusionPipeline.fromSingleFile` does.
   *
   * @throws ModelLoadError, RuntimeNotFoundError, InvalidArgumentError
   */
  static override async fromSingleFile(
    path: string,
    options: SingleFileOptions = {},
  ): Promise<OVStableDiffusionImg2ImgPipeline> {
    return loadSingleFile(this, path, options);
  }

  /**
   * Generates images from images.
   *
   * @param prompt - one prompt, or several for one batch
   * @throws InvalidArgumentError `INVALID_ARGUMENT`, `UNKNOWN_OPTION`, also for what is no image
   * @throws ShapeMismatchError for latents, or with `strictShapes` a request, of the wrong shape
   * @throws InferenceError `NUMERICS` when a step gives NaN, `BUSY` when it is called inside `onStep`
   * @throws DisposedError after, or by, `dispose`
   * @throws the signal's reason when aborted
   * @example
   * ```ts
   * const { images } = await pipeline.generate('winter', { image: photo, strength: 0.5, seed: 7 });
   * ```
   */
  override async generate<Output extends OutputType = 'image'>(
    prompt: string | readonly string[],
    options: Img2ImgGenerateOptions & { outputType?: Output | undefined },
  ): Promise<GenerateResult<Output>> {
    const { image, strength = 0.8, resizeMode = 'default', ...others } = parseImg2ImgOptions(options);
    // Refused here, before the image is read.
    beginIndexForStrength({ order: 1 }, others.numInferenceSteps ?? 50, strength);
    return this.generateFrom<Output>(prompt, others, async () => {
      const { vaeScaleFactor, unet } = this.components;
      const parameters = { strength };
      if (isLatents(image)) {
        checkLatents(image, unet.outChannels, 'image');
        const [, , height = 0, width = 0] = image.shape;
        const size = { width: width * vaeScaleFactor, height: height * vaeScaleFactor };
        const given = { ...image, data: image.data.slice() };
        const start = (generation: Generation): Start => {
          requireSize(size, generation.request);
          return noised(given.data, given.shape[0]!, strength, generation);
        };
        return { size, parameters, start };
      }
      const pixels = (await readImages(image, 'image')).map(toRgb);
      return {
        size: defaultSize(pixels[0]!, vaeScaleFactor),
        encodes: true,
        parameters,
        start: async (generation) => {
          const { request, noise, context } = generation;
          requireDivisor(pixels.length, request.images, 'image');
          const tensors: Float32Array[] = [];
          for (const one of pixels)
            tensors.push(await tensorFromPixels(await resize(one, request, resizeMode)));
          const vaeEncoder = this.components.vaeEncoder!;
          const encoded = await encodeImages(tensors, request, { vaeEncoder, policy: this.shapes, context });
          // As in diffusers: several generators draw for each image to generate, one for each image given.
          const rows = Array.isArray(noise.generators)
            ? Array.from({ length: request.images }, (_, i) => encoded[i % encoded.length]!)
            : encoded;
          const latents = sampleLatents(rows, noise.generators, vaeEncoder);
          return noised(latents, rows.length, strength, generation);
        },
      } satisfies Plan;
    });
  }
}

/** Latents of images, noised to where the loop begins. */
function noised(
  latents: Float32Array,
  count: number,
  strength: number,
  { request, scheduler, noise }: Generation,
): Start {
  requireDivisor(count, request.images, 'image');
  const firstIndex = beginIndexForStrength(scheduler, request.numInferenceSteps, strength);
  scheduler.setBeginIndex(firstIndex);
  const all = repeated(latents, noise.latents.length);
  return { latents: scheduler.addNoise(all, noise.latents, scheduler.timesteps[firstIndex]!), firstIndex };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function requireSize(given: Size, wanted: Size): void {
  if (given.width === wanted.width && given.height === wanted.height) return;
  throw new ShapeMismatchError(
    `Expected latents of ${wanted.width} x ${wanted.height} pixels for image but received those of ` +
      `${given.width} x ${given.height}`,
  );
}
