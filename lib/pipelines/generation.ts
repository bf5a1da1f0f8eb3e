import type { InferenceContext } from '../components/index.js';
import type { DenoiseOptions, NoisePredictor, NoiseSource } from '../denoising/index.js';
import type { GenerationParameters } from '../image/index.js';
import type { Scheduler, TimestepOptions } from '../schedulers/index.js';
import type { GenerateOptions } from './generate-options.js';
import type { RawImage } from './generate-result.js';
import type { GenerateRequest } from './request.js';

/** What a pipeline starts the loop from. */
export interface Start extends Pick<DenoiseOptions, 'latents' | 'firstIndex' | 'endIndex' | 'afterStep'> {
  /** A predictor around the UNet's rows, inside guidance; inpainting adds channels to what the UNet is given. */
  readonly aroundUNet?: ((rows: NoisePredictor) => NoisePredictor) | undefined;
}

/** How a pipeline generates, once its inputs are read. */
export interface Plan {
  /** Pixels, where the options name no size; reshaped and trained sizes come after it. */
  readonly size?: { readonly width: number; readonly height: number } | undefined;
  /** Whether images are encoded. */
  readonly encodes?: boolean;
  /** Makes the latents that the loop starts from. */
  readonly start: (generation: Generation) => Start | Promise<Start>;
  /** Changes the images that were decoded. */
  readonly finish?: ((images: RawImage[], request: GenerateRequest) => Promise<RawImage[]>) | undefined;
  /** What the scheduler's timesteps follow from, beside a number of steps or a schedule. */
  readonly schedule?: Pick<TimestepOptions, 'originalInferenceSteps' | 'strength'>;
  /** What image metadata says beside the request. */
  readonly parameters?: Partial<GenerationParameters>;
}

/** What one generation works with. */
export interface Generation {
  readonly request: GenerateRequest;
  readonly options: GenerateOptions;
  /** With its timesteps set. */
  readonly scheduler: Scheduler;
  readonly noise: NoiseSource;
  /** Of the latents: [images, channels, height, width]. */
  readonly shape: readonly number[];
  readonly context: InferenceContext;
}
