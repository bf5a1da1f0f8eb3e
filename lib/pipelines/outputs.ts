import { GeneratedImage, type GenerationParameters } from '../image/index.js';
import type { Seed } from '../random/index.js';
import type { OutputType } from './generate-options.js';
import type { OutputOf, RawImage } from './generate-result.js';

/** What the denoising loop left, and what the output is made with. */
export interface Finished {
  readonly latents: Float32Array;
  /** [images, channels, height, width] */
  readonly shape: readonly number[];
  readonly seeds: readonly (Seed | undefined)[];
  readonly decode: () => Promise<RawImage[]>;
  /** How the n-th image was generated. */
  readonly describe: (image: number, seed: Seed | undefined) => GenerationParameters;
}

/** The output of a generation, by `outputType`. */
export const OUTPUTS: {
  readonly [Output in OutputType]: (finished: Finished) => Promise<OutputOf[Output]>;
} = {
  latent: ({ latents, shape }) => Promise.resolve({ latents: { data: latents, shape } }),
  raw: async ({ decode }) => ({ images: await decode() }),
  image: async ({ decode, describe, seeds }) => ({
    images: (await decode()).map(
      (image, i) => new GeneratedImage({ ...image, seed: seeds[i], parameters: describe(i, seeds[i]) }),
    ),
  }),
};
