import { z } from 'zod';

/** Keys of the noise schedule a model was trained with; every scheduler has them, with these defaults. */
export const noiseKeys = {
  /** Timesteps of training. */
  numTrainTimesteps: z.int().min(1).max(100_000).default(1000).describe('integer between 1 and 100000'),
  betaStart: z.number().positive().max(1).default(0.0001).describe('a number above 0, at most 1'),
  betaEnd: z.number().positive().max(1).default(0.02).describe('a number above 0, at most 1'),
  betaSchedule: z
    .enum(['linear', 'scaled_linear', 'squaredcos_cap_v2'])
    .default('linear')
    .describe("'linear', 'scaled_linear' or 'squaredcos_cap_v2'"),
  /** Betas themselves, which then leave the three keys above without effect. */
  trainedBetas: z.array(z.number()).min(1).nullable().default(null).describe('a list of numbers or null'),
};

export const stepsOffset = z.int().min(0).default(0).describe('an integer from 0');

export const flag = (value: boolean) => z.boolean().default(value).describe('a boolean');

export const choice = <const Names extends readonly [string, ...string[]]>(
  names: Names,
  value: Names[number],
) =>
  z
    .enum(names)
    .default(value as never)
    .describe(names.map((name) => `'${name}'`).join(' or '));

/** Keys of dynamic thresholding (Imagen, https://arxiv.org/abs/2205.11487). */
export const thresholdingKeys = {
  thresholding: flag(false),
  dynamicThresholdingRatio: z.number().min(0).max(1).default(0.995).describe('a number between 0 and 1'),
  sampleMaxValue: z.number().min(1).default(1).describe('a number from 1'),
};
