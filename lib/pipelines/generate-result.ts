import type { GeneratedImage } from '../image/index.js';
import type { Latents, OutputType, Seed } from './generate-options.js';

/** Bare pixels: `data` has shape [height, width, 3], a byte a channel. */
export interface RawImage {
  width: number;
  height: number;
  channels: 3;
  data: Uint8Array;
}

/** Where the time of a generation went. */
export interface GenerationTimings {
  /** From the generation's start, after any wait for earlier ones, to its result. */
  totalSeconds: number;
  /** Of that, spent inside OpenVINO's inference calls. */
  inferenceSeconds: number;
  /** Mean over the denoising steps. */
  secondsPerStep: number;
}

interface ResultBase {
  /** Each picture's seed, where a seed made it. */
  seeds: readonly (Seed | undefined)[];
  /** Whether `onStep` ended the generation early. */
  stopped: boolean;
  timings: GenerationTimings;
}

/** What `generate` gives, by `outputType`: pictures in the prompts' order, a prompt's pictures together. */
export type GenerateResult<Output extends OutputType = 'image'> = ResultBase &
  (Output extends 'image'
    ? { images: GeneratedImage[] }
    : Output extends 'raw'
      ? { images: RawImage[] }
      : {
          /** The final latents as diffusers returns them for output_type='latent': not divided by the scaling factor. */
          latents: Latents;
        });
