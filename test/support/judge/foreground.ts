import { distance, median, pixelAt, type Picture, type Rgb } from './picture.js';
import { areaOf } from './extent.js';
import { dilate, erode, largestComponent, type Mask } from './mask.js';

/** The one shape of a picture. */
export interface Foreground {
  /** True where the shape is. */
  mask: Mask;
  /**
   * How far each pixel is from the background towards the shape, 0 to 1; one half on the shape's edge, which puts
   * the edge between the pixels.
   */
  coverage: Float32Array;
  colour: Rgb;
}

/** Differences from the background below this are noise. */
const leastContrast = 40;
/** A shape smaller than this part of the picture is none. */
const leastArea = 0.004;

/** Finds the largest connected part of a picture that is far from its background; undefined if there is none. */
export function foregroundOf(picture: Picture, background: Rgb): Foreground | undefined {
  const { width, height } = picture;
  const distances = Float32Array.from({ length: width * height }, (_, i) =>
    distance(pixelAt(picture, i), background),
  );
  // The distance of the shape itself: even a small one has more pixels than these.
  const contrast = distances.toSorted()[Math.floor(distances.length * (1 - leastArea))]!;
  if (contrast < leastContrast) return undefined;

  const coverage = distances.map((value) => Math.min(1, value / contrast));
  const inside = Uint8Array.from(coverage, (value) => (value > 0.5 ? 1 : 0));
  const mask = largestComponent({ width, height, inside });
  if (areaOf(mask) < leastArea * width * height) return undefined;
  // The half-covered pixels round the shape belong to its edge; what lies farther off is something else.
  const near = dilate(mask).inside;
  return { mask, coverage: coverage.map((value, i) => value * near[i]!), colour: colourOf(picture, mask) };
}

/** The colour away from the edge, where the background mixes in. */
function colourOf(picture: Picture, mask: Mask): Rgb {
  const interior = erode(mask);
  const { inside } = interior.inside.includes(1) ? interior : mask;
  const colours: Rgb[] = [];
  inside.forEach((value, i) => {
    if (value) colours.push(pixelAt(picture, i));
  });
  return median(colours);
}
