import { ModelLoadError } from '../common/errors.js';
import type { Algorithm } from './dpm-solver-updates.js';
import {
  choice,
  flag,
  spacing,
  stepsOffset,
  type TimestepSpacing,
  type ZeroSnrConfig,
} from './noise-config.js';
import { configSchema } from './scheduler-config.js';
import { requireOneSigmaSpacing } from './sigma-spacing.js';
import {
  lambdaMinClipped,
  requireImageForFlow,
  solverKeys,
  varianceType,
  type SolverConfig,
  type VarianceConfig,
} from './solver-config.js';

/** Config of {@link DPMSolverMultistepScheduler}. */
export interface DPMSolverMultistepConfig extends SolverConfig, VarianceConfig, ZeroSnrConfig {
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
  ...solverKeys,
  algorithmType: choice(['dpmsolver', 'dpmsolver++', 'sde-dpmsolver', 'sde-dpmsolver++'], 'dpmsolver++'),
  solverType: choice(['midpoint', 'heun'], 'midpoint'),
  lowerOrderFinal: flag(true),
  eulerAtFinal: flag(false),
  useLuLambdas: flag(false),
  finalSigmasType: choice(['zero', 'sigma_min'], 'zero'),
  lambdaMinClipped,
  varianceType,
  timestepSpacing: spacing('linspace'),
  stepsOffset,
  rescaleBetasZeroSnr: flag(false),
});

/** @throws ModelLoadError `CONFIG_INVALID` for keys that contradict each other */
export function checkDpmSolverConfig(config: DPMSolverMultistepConfig): void {
  const { algorithmType, finalSigmasType, solverOrder, useLuLambdas } = config;
  requireOneSigmaSpacing(config, { useLuLambdas });
  requireImageForFlow(config.predictionType, algorithmType.endsWith('++'));
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
