import { InferenceError, ShapeMismatchError } from '../common/errors.js';
import { areFinite } from '../common/finite.js';
import type { InferenceContext, ShapePolicy, VaeDecoder } from '../components/index.js';
import { pixelsFromTensor } from '../image/index.js';
import type { RawImage } from './generate-result.js';
import type { GenerateRequest } from './request.js';

/**
 * The images of a batch of latents, decoded one at a time.
 *
 * @param latents - shape [images, channels, height, width], as the scheduler has them
 * @throws InferenceError `NUMERICS` when the VAE gives NaN or infinity
 * @throws ShapeMismatchError when its images are of another size than its configuration says
 */
export async function decodeLatents(
  latents: Float32Array,
  { images, latentSize, width, height }: Pick<GenerateRequest, 'images' | 'latentSize' | 'width' | 'height'>,
  vaeDecoder: VaeDecoder,
  policy: ShapePolicy,
  context: InferenceContext,
): Promise<RawImage[]> {
  const each = latents.length / images;
  const decoded: RawImage[] = [];
  for (let image = 0; image < images; image++) {
    const one = latents.subarray(image * each, (image + 1) * each);
    const [data] = await vaeDecoder.decode(one, latentSize, policy, context, (pixels, shape) => {
      requireSize(shape, { width, height }, vaeDecoder);
      requireFinite(pixels);
      return pixelsFromTensor(pixels, shape);
    });
    decoded.push({ data: data!, width, height, channels: 3 });
  }
  return decoded;
}

/** A configuration may state another number of levels than the network has. */
function requireSize(
  [, , height, width]: readonly number[],
  wanted: Pick<GenerateRequest, 'width' | 'height'>,
  { source, config }: VaeDecoder,
): void {
  if (height === wanted.height && width === wanted.width) return;
  throw new ShapeMismatchError(
    `Expected images of ${wanted.width} x ${wanted.height} pixels from the VAE in ${source.path}, as its configuration ` +
      `says ${config.vaeScaleFactor} pixels a latent, but received ${width} x ${height}`,
  );
}

function requireFinite(pixels: Float32Array): void {
  if (areFinite(pixels)) return;
  throw new InferenceError(
    'NUMERICS',
    "The VAE gave values that are not finite. Its weights may be broken, or leave the precision's range: try " +
      "inferencePrecision 'f32'.",
  );
}
