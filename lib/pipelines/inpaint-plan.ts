import { InvalidArgumentError } from '../common/errors.js';
import type { ShapePolicy } from '../components/index.js';
import { isLatents, type Latents } from '../denoising/index.js';
import type { ComponentDescription } from './components.js';
import { checkLatents } from './encode-images.js';
import type { GenerateOptions } from './generate-options.js';
import type { RawImage } from './generate-result.js';
import type { Generation, Plan } from './generation.js';
import {
  inpaintTensors,
  overlaid,
  readInpaintInputs,
  regionOf,
  withImageSize,
  type InpaintInputs,
} from './inpaint-inputs.js';
import type { InpaintGenerateOptions } from './inpaint-options.js';
import { startInpainting, type InpaintBegin } from './inpaint-start.js';
import type { LatentDiffusionComponents } from './load-components.js';
import type { GenerateRequest } from './request.js';

/** How a family of models begins to inpaint. */
export interface InpaintStart {
  /** For the images' metadata. */
  readonly strength: number;
  /** Called once the timesteps are set. */
  readonly begin: (generation: Generation) => InpaintBegin;
}

/**
 * Plans a generation that repaints the masked parts of images.
 *
 * @param parsed - checked
 * @returns the plan, and the options that generating has anyway
 * @throws InvalidArgumentError, ShapeMismatchError for latents that the model does not take
 */
export function inpaintPlan(
  parsed: Omit<InpaintGenerateOptions, 'negativePrompt'> & Pick<GenerateOptions, 'negativePrompt'>,
  { strength, begin }: InpaintStart,
  components: LatentDiffusionComponents & ComponentDescription,
  policy: ShapePolicy,
): { plan: () => Promise<Plan>; options: GenerateOptions } {
  const {
    image,
    maskImage: _mask,
    strength: _strength,
    maskedImageLatents,
    resizeMode,
    maskBlur = 0,
    paddingMaskCrop,
    applyOverlay = paddingMaskCrop !== undefined,
    ...options
  } = parsed;
  const { unet, vaeScaleFactor: factor } = components;
  const given = isLatents(image) ? copyOf(image) : undefined;
  const masked = maskedImageLatents && copyOf(maskedImageLatents);
  if (given) checkLatents(given, unet.outChannels, 'image');
  if (masked) checkLatents(masked, unet.outChannels, 'maskedImageLatents');
  if (given && !masked && components.isInpaintingModel) {
    throw new InvalidArgumentError(
      'Expected maskedImageLatents, which this UNet takes: they cannot be made of an image that is latents',
    );
  }
  const mode = resizeMode ?? (paddingMaskCrop === undefined ? 'default' : 'fill');
  const plan = async (): Promise<Plan> => {
    const read = await readInpaintInputs(parsed);
    const inputs = applyOverlay ? await withImageSize(read) : read;
    const boxFor = (request: GenerateRequest) =>
      paddingMaskCrop === undefined ? undefined : regionOf(inputs, request, paddingMaskCrop);
    return {
      encodes: true,
      parameters: { strength, otherFields: maskFields(maskBlur, paddingMaskCrop) },
      start: async (generation) => {
        const { request } = generation;
        const tensors = await inpaintTensors(inputs, { size: request, factor, mode, box: boxFor(request) });
        return startInpainting(
          generation,
          { ...tensors, given, masked },
          begin(generation),
          components,
          policy,
        );
      },
      finish: applyOverlay
        ? (images, request) => overlay(inputs, images, { size: request, mode, box: boxFor(request) })
        : undefined,
    };
  };
  return { plan, options };
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
