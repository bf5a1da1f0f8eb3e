import { InferenceError, ModelLoadError, ShapeMismatchError } from '../common/errors.js';
import { areFinite } from '../common/finite.js';
import type {
  EncodedImage,
  ImageSize,
  InferenceContext,
  ShapePolicy,
  VaeEncoder,
} from '../components/index.js';
import type { Latents } from '../denoising/index.js';
import { randnTensor, type Generator } from '../random/index.js';

/** What images are encoded with. */
export interface Encoding {
  readonly vaeEncoder: VaeEncoder;
  readonly policy: ShapePolicy;
  readonly context: InferenceContext;
}

/**
 * Encodes images one at a time.
 *
 * @param tensors - each of shape [3, height, width], −1 to 1
 * @throws InferenceError `NUMERICS` when the VAE gives NaN or infinity
 */
export async function encodeImages(
  tensors: readonly Float32Array[],
  size: ImageSize,
  { vaeEncoder, policy, context }: Encoding,
): Promise<EncodedImage[]> {
  const encoded: EncodedImage[] = [];
  for (const tensor of tensors) {
    const image = await vaeEncoder.encode(tensor, size, policy, context);
    requireSize(image.shape, size, vaeEncoder);
    if (!areFinite(image.kind === 'sample' ? image.sample : image.mean)) {
      throw new InferenceError(
        'NUMERICS',
        "The VAE's encoder gave values that are not finite. Its weights may be broken, or leave the precision's " +
          "range: try inferencePrecision 'f32'.",
      );
    }
    encoded.push(image);
  }
  return encoded;
}

/**
 * Latents drawn from what the VAE gives for each image, as diffusers draws them: one generator for all of them, or one
 * each. Of exports that draw inside the network it is their sample, and no generator is used.
 *
 * @returns shape [images, channels, height, width], scaled as schedulers take them
 */
export function sampleLatents(
  encoded: readonly EncodedImage[],
  generators: Generator | readonly Generator[],
  vaeEncoder: VaeEncoder,
): Float32Array {
  const [first] = encoded;
  const noise =
    first?.kind === 'parameters'
      ? randnTensor([encoded.length, ...first.shape.slice(1)], generators)
      : undefined;
  return join(encoded, vaeEncoder, (image, place) => {
    if (image.kind === 'sample') return image.sample;
    const { mean, logVariance } = image;
    const offset = place * mean.length;
    return mean.map((value, i) => {
      const deviation = Math.fround(Math.exp(Math.fround(0.5 * clamped(logVariance[i]!))));
      return value + Math.fround(deviation * noise![offset + i]!);
    });
  });
}

/** The latents in the middle of each image's distribution, the same at each call. */
export function meanLatents(encoded: readonly EncodedImage[], vaeEncoder: VaeEncoder): Float32Array {
  return join(encoded, vaeEncoder, (image) => (image.kind === 'sample' ? image.sample : image.mean));
}

/** Of diffusers' DiagonalGaussianDistribution. */
const clamped = (logVariance: number): number => Math.min(Math.max(logVariance, -30), 20);

function join(
  encoded: readonly EncodedImage[],
  vaeEncoder: VaeEncoder,
  latentsOf: (image: EncodedImage, place: number) => Float32Array,
): Float32Array {
  const parts = encoded.map((image, place) => vaeEncoder.scale(latentsOf(image, place)));
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Rows one after another, again and again up to a number of elements, as diffusers expands images to a batch. */
export function repeated(rows: Float32Array, length: number): Float32Array {
  if (rows.length === length) return rows;
  const all = new Float32Array(length);
  for (let start = 0; start < length; start += rows.length) all.set(rows, start);
  return all;
}

/** A configuration may state another number of levels than the network has. */
function requireSize(shape: readonly number[], size: ImageSize, { source, config }: VaeEncoder): void {
  const [, channels, height = 0, width = 0] = shape;
  const { vaeScaleFactor, latentChannels } = config;
  const fits =
    height * vaeScaleFactor === size.height &&
    width * vaeScaleFactor === size.width &&
    channels === latentChannels;
  if (fits) return;
  throw new ModelLoadError(
    'INCOMPATIBLE_COMPONENTS',
    `Expected ${latentChannels} latent channels and ${vaeScaleFactor} pixels a latent from the VAE in ${source.path}, ` +
      `as its configuration says, but it makes latents of shape [${shape.join(', ')}] of ${size.width} x ` +
      `${size.height} pixels`,
  );
}

/**
 * Latents that a caller gives in place of images.
 *
 * @param channels - of the model's latents
 * @throws ShapeMismatchError
 */
export function checkLatents(latents: Latents, channels: number, name: string): void {
  const { data, shape } = latents;
  const elements = shape.reduce((product, side) => product * side, 1);
  const isBatch = shape.length === 4 && shape.every((side) => Number.isSafeInteger(side) && side >= 1);
  if (isBatch && shape[1] === channels && elements === data.length) return;
  throw new ShapeMismatchError(
    `Expected latents of shape [images, ${channels}, height, width] for ${name} but received ` +
      `[${shape.join(', ')}] with ${data.length} elements`,
  );
}
