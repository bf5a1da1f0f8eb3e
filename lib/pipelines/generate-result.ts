import type { Latents } from '../denoising/index.js';
import type { GeneratedImage } from '../image/index.js';
import type { Seed } from '../random/index.js';
import type { OutputType } from './generate-options.js';

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
  /** Mean of the denoising steps, the time inside `onStep` not included. */
  secondsPerStep: number;
}

/** What a result says beside its output. */
export interface GenerationSummary {
  /** Each image's seed, where a seed made it. */
  seeds: readonly (Seed | undefined)[];
  /** Whether `onStep` ended the generation early. */
  stopped: boolean;
  /**
   * Whether the model's safety checker flagged each image, which is then black; undefined where images are not checked:
   * without a safety checker, and for latents.
   */
  nsfwContentDetected: readonly boolean[] | undefined;
  timings: GenerationTimings;
}

/** A generation's output in each of its forms: images in the prompts' order, a prompt's images together. */
export interface OutputOf {
  image: { images: GeneratedImage[] };
  raw: { images: RawImage[] };
  latent: {
    /** The final latents as diffusers returns them for output_type='latent': not divided by the scaling factor. */
    latents: Latents;
  };
}

/** What `generate` returns, by `outputType`. */
export type GenerateResult<Output extends OutputType = 'image'> = GenerationSummary & OutputOf[Output];
