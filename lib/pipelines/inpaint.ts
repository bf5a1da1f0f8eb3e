import { InvalidArgumentError } from '../common/errors.js';
import type { Latents } from '../denoising/index.js';
import { beginIndexForStrength, correctScheduler, type Scheduler } from '../schedulers/index.js';
import { requireInpaintUNet, requireVaeEncoder } from './components.js';
import { checkLatents } from './encode-images.js';
import type { OutputType } from './generate-options.js';
import type { GenerateResult, RawImage } from './generate-result.js';
import { isLatents } from './image-options.js';
import {
  inpaintTensors,
  overlaid,
  readInpaintInputs,
  regionOf,
  withImageSize,
  type InpaintInputs,
} from './inpaint-inputs.js';
import { startInpainting } from './inpaint-start.js';
import { parseInpaintOptions, type InpaintGenerateOptions } from './inpaint-options.js';
import type { StableDiffusionComponents } from './load-components.js';
import { loadPretrained, loadSingleFile } from './load.js';
import type { PipelineInit } from './pipeline-init.js';
import { registerPipeline } from './registry.js';
import type { PipelineOptions, SingleFileOptions } from './pipeline-options.js';
import type { GenerateRequest } from './request.js';
import type { Plan } from './generation.js';
import { StableDiffusionPipeline } from './stable-diffusion.js';

/** As diffusers names it. */
const CLASS_NAME = 'StableDiffusionInpaintPipeline';

/**
 * Inpainting with Stable Diffusion 1.x and 2.x on OpenVINO; diffusers' `StableDiffusionInpaintPipeline` and
 * optimum-intel's `OVStableDiffusionInpaintPipeline`, in Node. With a UNet that was trained to inpaint (9 channels)
 * it is told what surrounds the mask; with that of any other model (4 channels) the image's latents are put back
 * around the mask after each step.
 *
 * @see https://huggingface.co/docs/diffusers/api/pipelines/stable_diffusion/inpaint
 * @example
 * ```ts
 * const pipeline = OVStableDiffusionInpaintPipeline.fromPipe(textToImage);
 * const { images } = await pipeline.generate('a red hat', {
 *   image: 'portrait.png',
 *   maskImage: 'hat-mask.png',
 *   applyOverlay: true,
 * });
 * ```
 */
export class OVStableDiffusionInpaintPipeline extends StableDiffusionPipeline {
  /** Pipeline classes of `model_index.json` that this class loads. */
  static readonly modelClasses: readonly string[] = [
    CLASS_NAME,
    'StableDiffusionPipeline',
    'StableDiffusionImg2ImgPipeline',
  ];

  protected override readonly className = CLASS_NAME;

  static {
    registerPipeline(CLASS_NAME, this);
  }

  /**
   * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` when they do not fit each other, or have no VAE encoder
   * @throws InvalidArgumentError
   */
  constructor(components: StableDiffusionComponents, scheduler: Scheduler, init?: PipelineInit) {
    requireInpaintUNet(components);
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
  ): Promise<OVStableDiffusionInpaintPipeline> {
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
  ): Promise<OVStableDiffusionInpaintPipeline> {
    return loadSingleFile(this, path, options);
  }

  /**
   * Repaints the masked parts of images.
   *
   * @param prompt - one prompt, or several for one batch
   * @throws InvalidArgumentError `INVALID_ARGUMENT`, `UNKNOWN_OPTION`, also for what is no image and without a mask
   * @throws ShapeMismatchError for latents, or with `strictShapes` a request, of the wrong shape
   * @throws InferenceError `NUMERICS` when a step gives NaN, `BUSY` when it is called inside `onStep`
   * @throws DisposedError after, or by, `dispose`
   * @throws the signal's reason when aborted
   * @example
   * ```ts
   * // The transparent parts of an image are repainted, and only around them at full size.
   * const { images } = await pipeline.generate('a cat', { image: 'with-a-hole.png', paddingMaskCrop: 32 });
   * ```
   */
  override async generate<Output extends OutputType = 'image'>(
    prompt: string | readonly string[],
    options: InpaintGenerateOptions & { outputType?: Output | undefined },
  ): Promise<GenerateResult<Output>> {
    const parsed = parseInpaintOptions(options);
    const {
      image,
      maskImage: _mask,
      maskedImageLatents,
      strength = 1,
      resizeMode,
      maskBlur = 0,
      paddingMaskCrop,
      applyOverlay = paddingMaskCrop !== undefined,
      ...others
    } = parsed;
    // Refused here, before images are read.
    beginIndexForStrength({ order: 1 }, others.numInferenceSteps ?? 50, strength);
    const { unet } = this.components;
    const given = isLatents(image) ? copyOf(image) : undefined;
    const masked = maskedImageLatents && copyOf(maskedImageLatents);
    if (given) checkLatents(given, unet.outChannels, 'image');
    if (masked) checkLatents(masked, unet.outChannels, 'maskedImageLatents');
    if (given && !masked && this.components.isInpaintingModel) {
      throw new InvalidArgumentError(
        'Expected maskedImageLatents, which this UNet takes: they cannot be made of an image that is latents',
      );
    }
    const mode = resizeMode ?? (paddingMaskCrop === undefined ? 'default' : 'fill');
    return this.generateFrom<Output>(prompt, others, async () => {
      const read = await readInpaintInputs(parsed);
      const inputs = applyOverlay ? await withImageSize(read) : read;
      const boxFor = (request: GenerateRequest) =>
        paddingMaskCrop === undefined ? undefined : regionOf(inputs, request, paddingMaskCrop);
      return {
        encodes: true,
        parameters: { strength, otherFields: maskFields(maskBlur, paddingMaskCrop) },
        start: async (generation) => {
          const { request } = generation;
          const { vaeScaleFactor: factor } = this.components;
          const tensors = await inpaintTensors(inputs, { size: request, factor, mode, box: boxFor(request) });
          return startInpainting(
            generation,
            { ...tensors, given, masked, strength },
            this.components,
            this.shapes,
          );
        },
        finish: applyOverlay
          ? (images, request) => overlay(inputs, images, { size: request, mode, box: boxFor(request) })
          : undefined,
      } satisfies Plan;
    });
  }
}

/** What the web UI writes of a mask. */
function maskFields(blur: number, padding: number | undefined): Record<string, string> {
  return {
    ...(blur > 0 && { 'Mask blur': String(blur) }),
    ...(padding !== undefined && { 'Inpaint area': 'Only masked', 'Masked area padding': String(padding) }),
  };
}

const copyOf = ({ data, shape }: Latents): Latents => ({ data: data.slice(), shape: [...shape] });

async function overlay(
  inputs: InpaintInputs,
  images: readonly RawImage[],
  how: Parameters<typeof overlaid>[3],
): Promise<RawImage[]> {
  const results: RawImage[] = [];
  for (const [place, image] of images.entries()) {
    const { data, width, height } = await overlaid(inputs, image, place, how);
    results.push({ data, width, height, channels: 3 });
  }
  return results;
}
