import { z } from 'zod';

import { wrongValue } from '../common/options.js';
import { InferenceContext, type ShapePolicy } from '../components/index.js';
import { integer, oneOf, signal } from '../common/fields.js';
import { optionsSchema, parseOptions } from '../common/options.js';
import { isLatents, type Latents } from '../denoising/index.js';
import {
  GeneratedImage,
  IMAGE_INPUT_DESCRIPTION,
  isImageInput,
  resize,
  RESIZE_MODES,
  tensorFromPixels,
  toRgb,
  type ImageInput,
  type ResizeMode,
} from '../image/index.js';
import { TorchGenerator, type Seed } from '../random/index.js';
import { requireVaeEncoder, type ComponentDescription } from './components.js';
import { decodeLatents } from './decode-latents.js';
import { checkLatents, encodeImages, meanLatents, sampleLatents } from './encode-images.js';
import type { ExclusiveCalls } from './exclusive-calls.js';
import type { LatentDiffusionComponents } from './load-components.js';
import { defaultSize, readImages } from './read-images.js';
import { latentSize } from './request.js';

/** Options of `pipeline.decode`. */
export interface DecodeOptions {
  /** Stops it; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Options of `pipeline.encode`. */
export interface EncodeImageOptions {
  /** Pixels; a multiple of the VAE's factor. Default: that of the first image, rounded down to such a multiple. */
  width?: number | undefined;
  /** Pixels; a multiple of the VAE's factor. Default: that of the first image, rounded down to such a multiple. */
  height?: number | undefined;
  /** How an image of another aspect ratio is resized. Default: 'default', which stretches it. */
  resizeMode?: ResizeMode | undefined;
  /** Draws from the distribution that the VAE gives, as diffusers does. Default: its mean, the same each time. */
  seed?: Seed | undefined;
  /** Stops it; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

const decodeSchema = optionsSchema<DecodeOptions>()({ signal: signal.optional() });
const encodeSchema = optionsSchema<EncodeImageOptions>()({
  width: integer(1, 16384).optional(),
  height: integer(1, 16384).optional(),
  resizeMode: oneOf(RESIZE_MODES).optional(),
  seed: z
    .custom<Seed>((value) => Number.isSafeInteger(value) || typeof value === 'bigint')
    .describe('an integer (a bigint beyond 2^53)')
    .optional(),
  signal: signal.optional(),
});

type Components = LatentDiffusionComponents & ComponentDescription;

/** `pipeline.decode`. */
export async function decodeToImages(
  { vaeDecoder, vaeScaleFactor }: Components,
  calls: ExclusiveCalls,
  policy: ShapePolicy,
  latents: Latents,
  options: DecodeOptions,
): Promise<GeneratedImage[]> {
  const parsed = parseOptions(decodeSchema, options, 'decode');
  if (!isLatents(latents)) throw wrongValue('{ data: Float32Array, shape: number[] }', 'latents', latents);
  checkLatents(latents, vaeDecoder.latentChannels, 'decode');
  const [images = 0, , height = 0, width = 0] = latents.shape;
  const data = latents.data.slice();
  const size = { width: width * vaeScaleFactor, height: height * vaeScaleFactor };
  return calls.runAlsoInCallback(async (callSignal) => {
    const request = { images, latentSize: { height, width }, ...size };
    const context = new InferenceContext(callSignal);
    const decoded = await decodeLatents(data, request, vaeDecoder, policy, context);
    return decoded.map((image) => new GeneratedImage(image));
  }, parsed.signal);
}

/** `pipeline.encode`. */
export async function encodeToLatents(
  components: Components,
  calls: ExclusiveCalls,
  policy: ShapePolicy,
  image: ImageInput | readonly ImageInput[],
  options: EncodeImageOptions,
): Promise<Latents> {
  const parsed = parseOptions(encodeSchema, options, 'encode');
  requireVaeEncoder(components);
  const isList = Array.isArray(image) && image.length > 0 && image.every(isImageInput);
  if (!isList && !isImageInput(image)) throw wrongValue(IMAGE_INPUT_DESCRIPTION, 'image', image);
  const pixels = (await readImages(image, 'image')).map(toRgb);
  const factor = components.vaeScaleFactor;
  const size = { ...defaultSize(pixels[0]!, factor) };
  if (parsed.width !== undefined) size.width = parsed.width;
  if (parsed.height !== undefined) size.height = parsed.height;
  const { height, width } = latentSize(size, factor);
  const vaeEncoder = components.vaeEncoder!;
  return calls.runAlsoInCallback(async (callSignal) => {
    const tensors: Float32Array[] = [];
    for (const one of pixels) {
      tensors.push(await tensorFromPixels(await resize(one, size, parsed.resizeMode ?? 'default')));
    }
    const context = new InferenceContext(callSignal);
    const encoded = await encodeImages(tensors, size, { vaeEncoder, policy, context });
    const data =
      parsed.seed === undefined
        ? meanLatents(encoded, vaeEncoder)
        : sampleLatents(encoded, new TorchGenerator(parsed.seed), vaeEncoder);
    return { data, shape: [pixels.length, vaeEncoder.config.latentChannels, height, width] };
  }, parsed.signal);
}
