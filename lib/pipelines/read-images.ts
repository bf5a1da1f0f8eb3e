import { InvalidArgumentError } from '../common/errors.js';
import { readImage, type ImageInput, type Pixels } from '../image/index.js';

/**
 * Reads one image or several; all are read at once, so that a caller may change them after the call.
 *
 * @param name - of the option, for messages
 * @throws InvalidArgumentError, OpenVINODiffusersError `UNSUPPORTED`
 */
export async function readImages(
  images: ImageInput | readonly ImageInput[],
  name: string,
): Promise<readonly Pixels[]> {
  if (!isList(images)) return [await readImage(images, name)];
  const several = images.length > 1;
  return Promise.all(images.map((image, i) => readImage(image, several ? `${name}[${i}]` : name)));
}

function isList(images: ImageInput | readonly ImageInput[]): images is readonly ImageInput[] {
  return Array.isArray(images);
}

/**
 * Checks that images can be repeated to a batch.
 *
 * @param count - images given
 * @param images - images to generate
 * @throws InvalidArgumentError
 */
export function requireDivisor(count: number, images: number, name: string): void {
  if (images % count === 0) return;
  throw new InvalidArgumentError(
    `Expected 1 or ${images} images for ${name}, or a number that divides ${images}, the number of images to ` +
      `generate, but received ${count}`,
  );
}

/** diffusers' `get_default_height_width`; an image smaller than one latent is enlarged to one. */
export function defaultSize({ width, height }: Pixels, factor: number): { width: number; height: number } {
  return {
    width: Math.max(factor, width - (width % factor)),
    height: Math.max(factor, height - (height % factor)),
  };
}
