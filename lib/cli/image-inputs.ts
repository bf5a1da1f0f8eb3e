import { InvalidArgumentError as InvalidOption, Option } from 'commander';

import { readImage, type Pixels } from '../image/index.js';
import type { AnyGenerateOptions } from '../pipelines/index.js';
import type { PipelineTask } from '../pipelines/registry.js';
import { beginIndexForStrength } from '../schedulers/index.js';
import { number } from './arguments.js';

/** What the command line says of images to start from. */
export interface ImageOptions {
  image?: string;
  mask?: string;
  strength?: number;
  maskBlur?: number;
}

/** Of `--image`, `--mask`, `--strength` and `--mask-blur`. */
export function imageInputOptions(): [Option, Option, Option, Option] {
  return [
    new Option('--image <file>', 'image to start from (default: none)'),
    new Option('--mask <file>', 'with --image: what to repaint, in white; the other pixels stay as they are'),
    new Option(
      '--strength <number>',
      'with --image: how much to replace, above 0 to 1 (default: 0.8; with --mask: 1)',
    ).argParser((text) => {
      const value = number(text);
      if (value <= 0 || value > 1) throw new InvalidOption('Expected a number above 0, at most 1.');
      return value;
    }),
    new Option('--mask-blur <pixels>', 'with --mask: deviation of a blur of the mask (default: 0)').argParser(
      (text) => {
        const value = number(text);
        if (value < 0 || value > 1024) throw new InvalidOption('Expected a number from 0 to 1024.');
        return value;
      },
    ),
  ];
}

/** Images that were read, and what they are for. */
export interface ImageInputs {
  /** Undefined for text to image. */
  readonly task: PipelineTask | undefined;
  readonly image: Pixels | undefined;
  readonly options: Omit<AnyGenerateOptions, 'outputType'>;
}

/**
 * Reads the images that the command line names, before a model is loaded.
 *
 * @throws InvalidArgumentError for a file that is missing or no image
 */
export async function readImageInputs(given: ImageOptions, steps: number): Promise<ImageInputs> {
  const { image, mask, strength, maskBlur } = given;
  if (image === undefined) {
    const dependent = Object.entries({ '--mask': mask, '--strength': strength, '--mask-blur': maskBlur });
    const alone = dependent.find(([, value]) => value !== undefined);
    if (alone) throw new Error(`${alone[0]} needs an image to start from: add --image <file>.`);
    return { task: undefined, image: undefined, options: {} };
  }
  if (mask === undefined && maskBlur !== undefined)
    throw new Error('--mask-blur needs a mask: add --mask <file>.');
  // Refused before a model is loaded, as the pipelines would.
  beginIndexForStrength({ order: 1 }, steps, strength ?? (mask === undefined ? 0.8 : 1));
  const pixels = await readImage(image, '--image');
  if (mask === undefined) {
    return {
      task: 'Img2Img',
      image: pixels,
      options: { image: pixels, strength },
    };
  }
  const maskImage = await readImage(mask, '--mask');
  const options = { image: pixels, maskImage, strength, maskBlur, applyOverlay: true };
  return { task: 'Inpaint', image: pixels, options };
}

/** The size that an image is generated at: its own, rounded down to what the VAE takes. */
export function sizeOf({ width, height }: Pixels, factor: number): { width: number; height: number } {
  return {
    width: Math.max(factor, width - (width % factor)),
    height: Math.max(factor, height - (height % factor)),
  };
}
