/** Height and width in pixels, in diffusers' order. */
export type HeightAndWidth = readonly [height: number, width: number];

/**
 * Sizes that Stable Diffusion XL is conditioned on, as its training images had them.
 *
 * @see https://arxiv.org/abs/2307.01952 — section 2.2, "Micro-Conditioning"
 */
export interface SizeConditions {
  /** Before resizing: images are as sharp as one of this size would be. Default: the image's size. */
  originalSize?: HeightAndWidth | undefined;
  /** Where the crop began; [0, 0] gives centred subjects. Default: [0, 0]. */
  cropsCoordsTopLeft?: readonly [top: number, left: number] | undefined;
  /** After cropping. Default: the image's size. */
  targetSize?: HeightAndWidth | undefined;
  /** What to keep away from; together with `negativeTargetSize`. Default: `originalSize`. */
  negativeOriginalSize?: HeightAndWidth | undefined;
  /** Default: [0, 0]. */
  negativeCropsCoordsTopLeft?: readonly [top: number, left: number] | undefined;
  /** Together with `negativeOriginalSize`. Default: `targetSize`. */
  negativeTargetSize?: HeightAndWidth | undefined;
  /** For refiners only: how pleasing images are to be, 1 to 10. Default: 6. */
  aestheticScore?: number | undefined;
  /** For refiners only. Default: 2.5. */
  negativeAestheticScore?: number | undefined;
}

/** What the ids are made for. */
export interface TimeIdsContext {
  /** Of the images. */
  readonly height: number;
  readonly width: number;
  readonly images: number;
  readonly guidance: boolean;
  /** Whether the UNet takes an aesthetic score in place of the target size, as refiners do. */
  readonly requiresAestheticsScore: boolean;
  /** Whether it is diffusers' text to image, which treats negative sizes apart from its other pipelines. */
  readonly isTextToImage: boolean;
}

/**
 * The `time_ids` of a UNet of Stable Diffusion XL: rows of original size, crop, and target size or aesthetic score.
 *
 * @returns shape [rows, ids], the negative rows first
 * @see diffusers' `_get_add_time_ids` in its three pipelines of XL
 */
export function timeIds(conditions: SizeConditions, context: TimeIdsContext): Float32Array {
  const { images, guidance, isTextToImage } = context;
  const positive = positiveIds(conditions, context);
  if (!guidance) return Float32Array.from(rowsOf(positive, images));
  const negative = negativeIds(conditions, context) ?? positive;
  // diffusers' text to image repeats the pair of rows, where its other pipelines repeat each row.
  if (isTextToImage) return Float32Array.from(rowsOf([...negative, ...positive], images));
  return Float32Array.from([...rowsOf(negative, images), ...rowsOf(positive, images)]);
}

function positiveIds(
  { originalSize, cropsCoordsTopLeft = [0, 0], targetSize, aestheticScore = 6 }: SizeConditions,
  { height, width, requiresAestheticsScore }: TimeIdsContext,
): number[] {
  const size = [height, width] as const;
  const last = requiresAestheticsScore ? [aestheticScore] : (targetSize ?? size);
  return [...(originalSize ?? size), ...cropsCoordsTopLeft, ...last];
}

function negativeIds(conditions: SizeConditions, context: TimeIdsContext): number[] | undefined {
  const { negativeOriginalSize, negativeTargetSize, negativeCropsCoordsTopLeft = [0, 0] } = conditions;
  const { height, width, requiresAestheticsScore, isTextToImage } = context;
  if (isTextToImage) {
    if (!negativeOriginalSize || !negativeTargetSize) return undefined;
    return [...negativeOriginalSize, ...negativeCropsCoordsTopLeft, ...negativeTargetSize];
  }
  const { originalSize = [height, width], targetSize = [height, width] } = conditions;
  const { cropsCoordsTopLeft = [0, 0], negativeAestheticScore = 2.5 } = conditions;
  const original = negativeOriginalSize ?? originalSize;
  return requiresAestheticsScore
    ? [...original, ...negativeCropsCoordsTopLeft, negativeAestheticScore]
    : [...original, ...cropsCoordsTopLeft, ...(negativeTargetSize ?? targetSize)];
}

function rowsOf(ids: readonly number[], times: number): number[] {
  return Array.from({ length: times }, () => ids).flat();
}
