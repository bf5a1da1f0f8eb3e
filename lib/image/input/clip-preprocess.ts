import { z } from 'zod';

import { crop, toRgb, type Pixels } from './pixels.js';
import { BICUBIC, LANCZOS, resample, type Filter } from './resample.js';

/** OpenAI's, of the images that CLIP was trained on. */
const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073];
const CLIP_STD = [0.26862954, 0.26130258, 0.27577711];
const CLIP_SIZE = 224;
const MAX_SIDE = 4096;

/** Pillow's numbers of the filters that CLIP's processors use. */
const FILTERS: Readonly<Record<number, Filter>> = { 1: LANCZOS, 3: BICUBIC };

const side = z.int().min(1).max(MAX_SIDE);
const box = z.object({ height: side, width: side });
const channels = z.tuple([z.number(), z.number(), z.number()]);

/** transformers' CLIPImageProcessor, and CLIPFeatureExtractor before it, whose sizes are plain numbers. */
export const clipImageProcessorSchema = z.looseObject({
  do_resize: z.boolean().default(true),
  size: z.union([side, z.looseObject({ shortest_edge: side }), box]).default({ shortest_edge: CLIP_SIZE }),
  resample: z.union([z.literal(1), z.literal(3)]).default(3),
  do_center_crop: z.boolean().default(true),
  crop_size: z.union([side, box]).default(CLIP_SIZE),
  do_rescale: z.boolean().default(true),
  rescale_factor: z
    .number()
    .positive()
    .default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: channels.default(CLIP_MEAN as [number, number, number]),
  image_std: channels.default(CLIP_STD as [number, number, number]),
});

export type ClipImageProcessorConfig = z.output<typeof clipImageProcessorSchema>;

/** Values of an image as CLIP's vision model takes them. */
export interface ClipInput {
  /** Shape [3, height, width]. */
  readonly data: Float32Array;
  readonly height: number;
  readonly width: number;
}

/**
 * An image as transformers' `CLIPImageProcessor` makes it for CLIP: resized in Pillow's arithmetic, cropped at its
 * centre, rescaled and normalised.
 *
 * @see https://huggingface.co/docs/transformers/model_doc/clip#transformers.CLIPImageProcessor
 */
export async function clipInput(image: Pixels, config: ClipImageProcessorConfig): Promise<ClipInput> {
  const { do_resize, do_center_crop, crop_size } = config;
  let pixels = toRgb(image);
  if (do_resize) pixels = await resample(pixels, resizedSize(pixels, config), FILTERS[config.resample]!);
  if (do_center_crop) pixels = centerCrop(pixels, crop_size);
  return { data: normalized(pixels, config), height: pixels.height, width: pixels.width };
}

function resizedSize(
  { width, height }: Pixels,
  { size }: ClipImageProcessorConfig,
): { width: number; height: number } {
  if (typeof size === 'object' && 'height' in size) return size as { width: number; height: number };
  const shortest = typeof size === 'number' ? size : (size as { shortest_edge: number }).shortest_edge;
  const longest = Math.trunc((shortest * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? { width: shortest, height: longest } : { width: longest, height: shortest };
}

/** What the crop has beyond the image is black. */
function centerCrop(pixels: Pixels, size: ClipImageProcessorConfig['crop_size']): Pixels {
  const { width, height } = typeof size === 'number' ? { width: size, height: size } : size;
  const left = Math.floor((pixels.width - width) / 2);
  const top = Math.floor((pixels.height - height) / 2);
  return crop(pixels, { left, top, right: left + width, bottom: top + height });
}

function normalized(
  { data, width, height }: Pixels,
  { do_rescale, rescale_factor, do_normalize, image_mean, image_std }: ClipImageProcessorConfig,
): Float32Array {
  const plane = width * height;
  const values = new Float32Array(3 * plane);
  for (let channel = 0; channel < 3; channel++) {
    const levels = Float32Array.from({ length: 256 }, (_, level) => {
      const value = do_rescale ? Math.fround(level * rescale_factor) : level;
      return do_normalize ? (value - image_mean[channel]!) / image_std[channel]! : value;
    });
    for (let i = 0; i < plane; i++) values[channel * plane + i] = levels[data[i * 3 + channel]!]!;
  }
  return values;
}
