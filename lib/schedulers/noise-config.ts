import { z } from 'zod';

/** Keys of the noise schedule a model was trained with; every scheduler has them. */
export interface NoiseConfig {
  /** Timesteps of training, 1 to 100000. Default: 1000. diffusers: `num_train_timesteps`. */
  numTrainTimesteps: number;
  /** β of the first timestep, above 0, at most 1. Default: 0.0001. diffusers: `beta_start`. */
  betaStart: number;
  /** β of the last timestep, above 0, at most 1. Default: 0.02. diffusers: `beta_end`. */
  betaEnd: number;
  /**
   * How β grows between them: 'linear', 'scaled_linear' (√β grows linearly: Stable Diffusion) or 'squaredcos_cap_v2'
   * (cosine schedule of Improved DDPM, which ignores both). Default: 'linear'. diffusers: `beta_schedule`.
   */
  betaSchedule: 'linear' | 'scaled_linear' | 'squaredcos_cap_v2';
  /**
   * β of every timestep, each 0 to 1, which replaces the three keys above; null for none. Default: null. diffusers:
   * `trained_betas`.
   */
  trainedBetas: readonly number[] | null;
}

/** Keys of the noise schedule of schedulers whose β is by default as in Stable Diffusion. */
export interface StableDiffusionNoiseConfig extends NoiseConfig {
  /** β of the first timestep, above 0, at most 1. Default: 0.00085. diffusers: `beta_start`. */
  betaStart: number;
  /** β of the last timestep, above 0, at most 1. Default: 0.012. diffusers: `beta_end`. */
  betaEnd: number;
}

/** The key for zero terminal SNR. */
export interface ZeroSnrConfig {
  /**
   * Whether to rescale β so that the last timestep is pure noise, for models trained so; their images may be very
   * dark or bright (https://arxiv.org/abs/2305.08891). Default: false. diffusers: `rescale_betas_zero_snr`.
   */
  rescaleBetasZeroSnr: boolean;
}

/** Keys of dynamic thresholding (Imagen, https://arxiv.org/abs/2205.11487), which is for pixel-space models only. */
export interface ThresholdingConfig {
  /** Whether to limit each predicted image to a quantile of its absolute values. Default: false. */
  thresholding: boolean;
  /** The quantile, 0 to 1. Default: 0.995. diffusers: `dynamic_thresholding_ratio`. */
  dynamicThresholdingRatio: number;
  /** Upper bound of the limit, above 0. Default: 1. diffusers: `sample_max_value`. */
  sampleMaxValue: number;
}

/** Keys of clipping, which is for pixel-space models only. */
export interface ClippingConfig {
  /**
   * Whether to clip the predicted image to ±`clipSampleRange`; for pixel-space models, false for Stable Diffusion.
   * Default: true. diffusers: `clip_sample`.
   */
  clipSample: boolean;
  /** The range, above 0; with `clipSample` only. Default: 1. diffusers: `clip_sample_range`. */
  clipSampleRange: number;
}

/** How the steps of inference are spread over those of training (https://arxiv.org/abs/2305.08891, table 2). */
export type TimestepSpacing = 'linspace' | 'leading' | 'trailing';

/** A boolean key; diffusers treats null as false. */
export const flag = (value: boolean) =>
  z
    .boolean()
    .nullable()
    .default(value)
    .transform((given) => given ?? false)
    .describe('a boolean');

/** A key with a few allowed strings. */
export const choice = <const Names extends readonly [string, ...string[]]>(
  names: Names,
  value: Names[number],
) =>
  z
    .enum(names)
    .default(value as never)
    .describe(names.map((name) => `'${name}'`).join(' or '));

export const noiseKeys = {
  numTrainTimesteps: z.int().min(1).max(100_000).default(1000).describe('integer between 1 and 100000'),
  betaStart: z.number().positive().max(1).default(0.0001).describe('a number above 0, at most 1'),
  betaEnd: z.number().positive().max(1).default(0.02).describe('a number above 0, at most 1'),
  betaSchedule: choice(['linear', 'scaled_linear', 'squaredcos_cap_v2'], 'linear').describe(
    "'linear', 'scaled_linear' or 'squaredcos_cap_v2'",
  ),
  trainedBetas: z
    .array(z.number().min(0).max(1))
    .min(1)
    .max(100_000)
    .nullable()
    .default(null)
    .describe('a list of 1 to 100000 numbers between 0 and 1, or null'),
};

const beta = (value: number) =>
  noiseKeys.betaStart.unwrap().default(value).describe(noiseKeys.betaStart.description!);

export const stableDiffusionNoiseKeys = { ...noiseKeys, betaStart: beta(0.00085), betaEnd: beta(0.012) };

export const thresholdingKeys = {
  thresholding: flag(false),
  dynamicThresholdingRatio: z.number().min(0).max(1).default(0.995).describe('a number between 0 and 1'),
  sampleMaxValue: z.number().positive().default(1).describe('a positive number'),
};

export const clippingKeys = {
  clipSample: flag(true),
  clipSampleRange: z.number().positive().default(1).describe('a positive number'),
};

export const stepsOffset = z.int().min(0).default(0).describe('an integer from 0');

export const spacing = (value: TimestepSpacing) => choice(['linspace', 'leading', 'trailing'], value);
