import type { EncodedImage, ShapePolicy } from '../components/index.js';
import { ShapeMismatchError } from '../common/errors.js';
import { InpaintPredictor, type Latents } from '../denoising/index.js';
import { randnTensor, type Generator } from '../random/index.js';
import type { ComponentDescription } from './components.js';
import { encodeImages, repeated, sampleLatents } from './encode-images.js';
import type { Begin } from './image-to-image-plan.js';
import type { InpaintTensors } from './inpaint-inputs.js';
import type { LatentDiffusionComponents } from './load-components.js';
import { requireDivisor } from './read-images.js';
import type { GenerateRequest } from './request.js';
import type { Generation, Start } from './generation.js';

/** What inpainting starts from. */
export interface StartInputs extends InpaintTensors {
  /** Latents in place of images. */
  readonly given: Latents | undefined;
  /** Latents in place of masked images. */
  readonly masked: Latents | undefined;
}

/** Where the loop begins and ends, and from what. */
export interface InpaintBegin extends Begin {
  /** Whether nothing of the image is left in what it begins with. */
  readonly isNoise: boolean;
}

/**
 * What the loop starts from, with the mask in it. Encodes and draws in the order of diffusers' calls, so that
 * generators give the same numbers.
 *
 * @throws InvalidArgumentError for numbers of images or masks that do not divide that of images to generate
 * @throws ShapeMismatchError for latents of another size
 */
export async function startInpainting(
  generation: Generation,
  inputs: StartInputs,
  begin: InpaintBegin,
  components: LatentDiffusionComponents & ComponentDescription,
  policy: ShapePolicy,
): Promise<Start> {
  const { request, options, scheduler, noise, context } = generation;
  const { given, masked } = inputs;
  const { unet, isInpaintingModel } = components;
  const vaeEncoder = components.vaeEncoder!;
  const { images: count, latentSize } = request;
  const elements = count * unet.outChannels * latentSize.height * latentSize.width;
  requireDivisor(given?.shape[0] ?? inputs.images.length, count, 'image');
  requireDivisor(inputs.masks.length, count, 'maskImage');
  requireSize(given, request, 'image');
  requireSize(masked, request, 'maskedImageLatents');
  const sample = async (tensors: readonly Float32Array[]): Promise<Float32Array> => {
    const encoded: EncodedImage[] = await encodeImages(tensors, request, { vaeEncoder, policy, context });
    return sampleLatents(encoded, generatorsFor(noise.generators, encoded.length), vaeEncoder);
  };

  const { addsNoise, isNoise: beginsWithNoise, ...range } = begin;
  const { firstIndex } = range;
  scheduler.setBeginIndex(firstIndex);
  const isNoise = addsNoise && (beginsWithNoise || options.latents !== undefined);
  const needsImage = !isInpaintingModel || !isNoise;
  const image = needsImage ? repeated(given?.data ?? (await sample(inputs.images)), elements) : undefined;
  const { initNoiseSigma, timesteps } = scheduler;
  const latents = isNoise
    ? noise.latents.map((value) => value * initNoiseSigma)
    : addsNoise
      ? scheduler.addNoise(image!, noise.latents, timesteps[firstIndex]!)
      : image!.slice();

  const mask = repeatedMask(inputs.masks, count);
  if (isInpaintingModel) {
    const maskedImage = repeated(masked?.data ?? (await sample(inputs.maskedImages)), elements);
    return {
      latents,
      ...range,
      aroundUNet: (rows) => new InpaintPredictor(rows, count, mask, maskedImage),
    };
  }
  // diffusers encodes the masked image for this UNet, too, which shows in what a generator gives next.
  if (!masked && !given && vaeEncoder.isDistribution) {
    const rows = inputs.maskedImages.length;
    const shape = [rows, unet.outChannels, latentSize.height, latentSize.width];
    randnTensor(shape, generatorsFor(noise.generators, rows));
  }
  return {
    latents,
    ...range,
    afterStep: (stepped, index) => {
      const next = timesteps[index + 1];
      const around = next === undefined ? image! : scheduler.addNoise(image!, noise.latents, next);
      return blended(stepped, around, mask, count);
    },
  };
}

/** Of several generators, one for each image to generate, the first ones: one for each image given. */
function generatorsFor(
  generators: Generator | readonly Generator[],
  rows: number,
): Generator | readonly Generator[] {
  return Array.isArray(generators) ? (generators as readonly Generator[]).slice(0, rows) : generators;
}

function repeatedMask(masks: readonly Float32Array[], count: number): Float32Array {
  const each = masks[0]!.length;
  const all = new Float32Array(count * each);
  for (let image = 0; image < count; image++) all.set(masks[image % masks.length]!, image * each);
  return all;
}

/** The stepped latents where they are masked, the image's elsewhere. */
function blended(
  stepped: Float32Array,
  around: Float32Array,
  mask: Float32Array,
  images: number,
): Float32Array {
  const result = around.slice();
  const plane = mask.length / images;
  const each = stepped.length / images;
  for (let i = 0; i < stepped.length; i++) {
    const image = Math.floor(i / each);
    if (mask[image * plane + (i % plane)] === 1) result[i] = stepped[i]!;
  }
  return result;
}

function requireSize(
  latents: Latents | undefined,
  { latentSize: { height, width } }: GenerateRequest,
  name: string,
): void {
  if (!latents) return;
  const { shape } = latents;
  if (shape[2] === height && shape[3] === width) return;
  throw new ShapeMismatchError(
    `Expected latents of ${width} x ${height} for ${name} but received ${shape[3]} x ${shape[2]}`,
  );
}
