import { z } from 'zod';

import { ModelLoadError } from '../common/errors.js';
import {
  choice,
  flag,
  noiseKeys,
  spacing,
  stepsOffset,
  thresholdingKeys,
  type NoiseConfig,
  type ThresholdingConfig,
  type TimestepSpacing,
  type ZeroSnrConfig,
} from './noise-config.js';
import type { Algorithm } from './dpm-solver-updates.js';
import { configSchema } from './scheduler-config.js';

/** Config of {@link DPMSolverMultistepScheduler}. */
export interface DPMSolverMultistepConfig extends NoiseConfig, ZeroSnrConfig, ThresholdingConfig {
  /**
   * Order of the solver, 1 to 3: how many predictions a step uses. 2 is for guided generation, 3 for unguided.
   * Default: 2. diffusers: `solver_order`.
   */
  solverOrder: number;
  /**
   * What the UNet predicts: the noise ('epsilon'), the image ('sample') or the velocity ('v_prediction'). Default:
   * 'epsilon'. diffusers: `prediction_type`.
   */
  predictionType: 'epsilon' | 'sample' | 'v_prediction';
  /**
   * DPM-Solver, which integrates the noise, or DPM-Solver++, which integrates the image; with 'sde-' noise is added
   * at each step. Default: 'dpmsolver++'. diffusers: `algorithm_type`.
   */
  algorithmType: Algorithm;
  /** The second-order formula; they differ little. Default: 'midpoint'. diffusers: `solver_type`. */
  solverType: 'midpoint' | 'heun';
  /** Whether to lower the order in the last steps of fewer than 15, for stability. Default: true. diffusers: `lower_order_final`. */
  lowerOrderFinal: boolean;
  /** Whether the last step is of order 1 whatever the number of steps. Default: false. diffusers: `euler_at_final`. */
  eulerAtFinal: boolean;
  /** Whether to space σ as Karras et al.: "DPM++ 2M Karras". Default: false. diffusers: `use_karras_sigmas`. */
  useKarrasSigmas: boolean;
  /** Whether to space σ evenly in its logarithm. Default: false. diffusers: `use_exponential_sigmas`. */
  useExponentialSigmas: boolean;
  /** Whether to space λ evenly, as Lu et al. Default: false. diffusers: `use_lu_lambdas`. */
  useLuLambdas: boolean;
  /**
   * σ after the last step: 0, or the least one of training, which DPM-Solver without ++ needs. Default: 'zero'.
   * diffusers: `final_sigmas_type`.
   */
  finalSigmasType: 'zero' | 'sigma_min';
  /** The least λ to start from; −5.1 for 'squaredcos_cap_v2'. Default: -Infinity. diffusers: `lambda_min_clipped`. */
  lambdaMinClipped: number;
  /** Spacing of the timesteps. Default: 'linspace'. diffusers: `timestep_spacing`. */
  timestepSpacing: TimestepSpacing;
  /** Added to every 'leading' timestep, from 0; 1 for Stable Diffusion. Default: 0. diffusers: `steps_offset`. */
  stepsOffset: number;
}

export const dpmSolverSchema = configSchema<DPMSolverMultistepConfig>({
  ...noiseKeys,
  solverOrder: z.int().min(1).max(3).default(2).describe('integer between 1 and 3'),
  predictionType: choice(['epsilon', 'sample', 'v_prediction'], 'epsilon'),
  ...thresholdingKeys,
  algorithmType: choice(['dpmsolver', 'dpmsolver++', 'sde-dpmsolver', 'sde-dpmsolver++'], 'dpmsolver++'),
  solverType: choice(['midpoint', 'heun'], 'midpoint'),
  lowerOrderFinal: flag(true),
  eulerAtFinal: flag(false),
  useKarrasSigmas: flag(false),
  useExponentialSigmas: flag(false),
  useLuLambdas: flag(false),
  finalSigmasType: choice(['zero', 'sigma_min'], 'zero'),
  lambdaMinClipped: z
    .union([z.number(), z.literal(-Infinity)])
    .default(-Infinity)
    .describe('a number or -Infinity'),
  timestepSpacing: spacing('linspace'),
  stepsOffset,
  rescaleBetasZeroSnr: flag(false),
});

/** @throws ModelLoadError `CONFIG_INVALID` for keys that contradict each other */
export function checkDpmSolverConfig(config: DPMSolverMultistepConfig): void {
  const { algorithmType, finalSigmasType, solverOrder } = config;
  const { useKarrasSigmas, useExponentialSigmas, useLuLambdas } = config;
  if ([useKarrasSigmas, useExponentialSigmas, useLuLambdas].filter(Boolean).length > 1) {
    throw new ModelLoadError(
      'CONFIG_INVALID',
      'Only one of useKarrasSigmas, useExponentialSigmas and useLuLambdas can be set',
    );
  }
  if (!algorithmType.endsWith('++') && finalSigmasType === 'zero') {
    throw new ModelLoadError(
      'CONFIG_INVALID',
      `algorithmType '${algorithmType}' needs finalSigmasType 'sigma_min'`,
    );
  }
  if (algorithmType === 'sde-dpmsolver' && solverOrder === 3) {
    throw new ModelLoadError('CONFIG_INVALID', "algorithmType 'sde-dpmsolver' has no third order");
  }
}
