import { ShapeMismatchError } from '../common/errors.js';
import type { ShapePolicy } from '../components/index.js';
import { isLatents, type Latents } from '../denoising/index.js';
import { resize, tensorFromPixels, toRgb, type ImageInput, type ResizeMode } from '../image/index.js';
import type { ComponentDescription } from './components.js';
import { checkLatents, encodeImages, repeated, sampleLatents } from './encode-images.js';
import type { Generation, Plan, Start } from './generation.js';
import type { LatentDiffusionComponents } from './load-components.js';
import { defaultSize, readImages, requireDivisor } from './read-images.js';

/** Where the loop begins and ends, and whether the image is noised to there, or is noisy already. */
export interface Begin extends Pick<Start, 'endIndex'> {
  readonly firstIndex: number;
  readonly addsNoise: boolean;
}

/** What image to image starts from. */
export interface ImageStart {
  readonly image: ImageInput | readonly ImageInput[] | Latents;
  readonly resizeMode: ResizeMode;
  /** For the images' metadata. */
  readonly parameters: NonNullable<Plan['parameters']>;
  /** Called once the timesteps are set. */
  readonly begin: (generation: Generation) => Begin;
}

/**
 * Starts from images or latents, noised to where the loop begins, as diffusers' `prepare_latents` of image to image.
 *
 * @throws InvalidArgumentError for what is no image, and for numbers of images that do not divide that to generate
 * @throws ShapeMismatchError for latents of another shape
 */
export async function imageToImagePlan(
  { image, resizeMode, parameters, begin }: ImageStart,
  components: LatentDiffusionComponents & ComponentDescription,
  policy: ShapePolicy,
): Promise<Plan> {
  const { vaeScaleFactor, unet } = components;
  if (isLatents(image)) {
    checkLatents(image, unet.outChannels, 'image');
    const [, , height = 0, width = 0] = image.shape;
    const size = { width: width * vaeScaleFactor, height: height * vaeScaleFactor };
    const given = { ...image, data: image.data.slice() };
    const start = (generation: Generation): Start => {
      requireSize(size, generation.request);
      return startFrom(given.data, given.shape[0]!, generation, begin(generation));
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
      for (const one of pixels) tensors.push(await tensorFromPixels(await resize(one, request, resizeMode)));
      const vaeEncoder = components.vaeEncoder!;
      const encoded = await encodeImages(tensors, request, { vaeEncoder, policy, context });
      // As in diffusers: several generators draw for each image to generate, one for each image given.
      const rows = Array.isArray(noise.generators)
        ? Array.from({ length: request.images }, (_, i) => encoded[i % encoded.length]!)
        : encoded;
      const latents = sampleLatents(rows, noise.generators, vaeEncoder);
      return startFrom(latents, rows.length, generation, begin(generation));
    },
  };
}

/** Latents of images, one for each image to generate. */
function startFrom(
  latents: Float32Array,
  count: number,
  { request, scheduler, noise, shape }: Generation,
  { addsNoise, ...range }: Begin,
): Start {
  requireDivisor(count, request.images, 'image');
  scheduler.setBeginIndex(range.firstIndex);
  const all = repeated(
    latents,
    shape.reduce((product, size) => product * size, 1),
  );
  if (!addsNoise) return { latents: all, ...range };
  const timestep = scheduler.timesteps[range.firstIndex]!;
  return { latents: scheduler.addNoise(all, noise.latents, timestep), ...range };
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
