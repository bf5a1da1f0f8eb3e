import { z } from 'zod';

import { ModelLoadError } from '../common/errors.js';
import type { FlowConfig } from './flow-sigmas.js';
import {
  choice,
  flag,
  noiseKeys,
  thresholdingKeys,
  type NoiseConfig,
  type ThresholdingConfig,
} from './noise-config.js';
import { sigmaSpacingKeys, type SigmaSpacingConfig } from './sigma-spacing.js';

/**
 * What a solver's model may predict.
 *
 * @inline
 */
export type SolverPrediction = 'epsilon' | 'sample' | 'v_prediction' | 'flow_prediction';

/** Keys that the fast solvers have in common: DPM-Solver, UniPC, DEIS. */
export interface SolverConfig extends NoiseConfig, ThresholdingConfig, SigmaSpacingConfig, FlowConfig {
  /**
   * Order of the solver: how many predictions a step uses. 2 is for guided generation, 3 for unguided. Default: 2.
   * diffusers: `solver_order`.
   */
  solverOrder: number;
  /**
   * What the UNet predicts: the noise ('epsilon'), the image ('sample'), the velocity ('v_prediction') or the flow
   * ('flow_prediction'). Default: 'epsilon'. diffusers: `prediction_type`.
   */
  predictionType: SolverPrediction;
}

export const solverKeys = {
  ...noiseKeys,
  solverOrder: z.int().min(1).max(3).default(2).describe('integer between 1 and 3'),
  predictionType: choice(['epsilon', 'sample', 'v_prediction', 'flow_prediction'], 'epsilon'),
  ...thresholdingKeys,
  ...sigmaSpacingKeys,
  useFlowSigmas: flag(false),
  flowShift: z.number().positive().default(1).describe('a positive number'),
  useDynamicShifting: flag(false),
  timeShiftType: choice(['exponential', 'linear'], 'exponential'),
};

/** The key for the variance a model predicts. */
export interface VarianceConfig {
  /**
   * With 'learned' or 'learned_range' the model's output may hold the variance in as many channels again, which are
   * left out; types of other schedulers have no effect. Default: null. diffusers: `variance_type`.
   */
  varianceType: string | null;
}

export const varianceType = z.string().nullable().default(null).describe('a string or null');

/** The least λ to start from. */
export const lambdaMinClipped = z
  .union([z.number(), z.literal(-Infinity)])
  .default(-Infinity)
  .describe('a number or -Infinity');

/** @throws ModelLoadError `CONFIG_INVALID` for a flow in an algorithm that integrates the noise */
export function requireImageForFlow(predictionType: SolverPrediction, integratesImage: boolean): void {
  if (predictionType !== 'flow_prediction' || integratesImage) return;
  throw new ModelLoadError(
    'CONFIG_INVALID',
    "predictionType 'flow_prediction' needs an algorithm that integrates the image, such as 'dpmsolver++'",
  );
}
