/** How latents of a VAE become colours, linearly: [red, green, blue] of each channel, and a bias, for colours from 0 to 1. */
export interface LatentRgbFactors {
  readonly factors: readonly (readonly [number, number, number])[];
  readonly bias: readonly [number, number, number];
}

/**
 * Of Stable Diffusion 1.x and 2.x, whose VAEs have the same latents.
 *
 * @see https://discuss.huggingface.co/t/decoding-latents-to-rgb-without-upscaling/23204
 */
export const STABLE_DIFFUSION_RGB: LatentRgbFactors = {
  factors: [
    [0.149, 0.1035, 0.104],
    [0.0935, 0.143, 0.0865],
    [-0.079, 0.0945, 0.132],
    [-0.092, -0.1355, -0.2365],
  ],
  bias: [0.5, 0.5, 0.5],
};

/**
 * Of Stable Diffusion XL.
 *
 * @see https://huggingface.co/blog/TimothyAlexisVass/explaining-the-sdxl-latent-space
 * @see https://huggingface.co/docs/diffusers/using-diffusers/callback — "Display image after each generation step"
 */
export const STABLE_DIFFUSION_XL_RGB: LatentRgbFactors = {
  factors: [
    [60 / 255, 60 / 255, 60 / 255],
    [-60 / 255, -5 / 255, 10 / 255],
    [25 / 255, 15 / 255, -5 / 255],
    [-70 / 255, -50 / 255, -35 / 255],
  ],
  bias: [150 / 255, 140 / 255, 130 / 255],
};

/**
 * What an image looks like, coarsely, without a VAE: each latent becomes a square of one colour.
 *
 * @param latents - shape [channels, height, width], as schedulers have them; channels beyond those of the factors are
 * left out
 * @param size - in latents
 * @param scale - pixels a latent, in each direction
 * @returns shape [height · scale, width · scale, 3], RGB, 8 bits a channel
 */
export function rgbFromLatents(
  latents: Float32Array,
  { width, height }: { readonly width: number; readonly height: number },
  { factors, bias }: LatentRgbFactors,
  scale: number,
): Uint8Array {
  const plane = width * height;
  const channels = Math.min(factors.length, latents.length / plane);
  const row = new Uint8ClampedArray(width * scale * 3);
  const pixels = new Uint8Array(plane * scale ** 2 * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let [red, green, blue] = bias;
      for (let channel = 0; channel < channels; channel++) {
        const value = latents[channel * plane + y * width + x]!;
        const [r, g, b] = factors[channel]!;
        red += value * r;
        green += value * g;
        blue += value * b;
      }
      for (let i = x * scale * 3; i < (x + 1) * scale * 3; i += 3) {
        row[i] = red * 255;
        row[i + 1] = green * 255;
        row[i + 2] = blue * 255;
      }
    }
    for (let copy = 0; copy < scale; copy++) pixels.set(row, (y * scale + copy) * row.length);
  }
  return pixels;
}
