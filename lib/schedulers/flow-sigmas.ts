import { linspace } from './numeric.js';

/** Keys of noise levels for models trained by flow matching (https://arxiv.org/abs/2210.02747). */
export interface FlowConfig {
  /**
   * Whether x_t = (1 − σ) · image + σ · noise, for models trained by flow matching; σ is then below 1. Default: false.
   * diffusers: `use_flow_sigmas`.
   */
  useFlowSigmas: boolean;
  /** Moves flow sigmas towards noise, above 0; 1 for not at all. Default: 1. diffusers: `flow_shift`. */
  flowShift: number;
  /**
   * Whether `setTimesteps` may be given `mu`, whose exponential replaces `flowShift`. Default: false. diffusers:
   * `use_dynamic_shifting`.
   */
  useDynamicShifting: boolean;
  /**
   * How `mu` shifts: by its exponential, or 'linear', which UniPC alone has, by itself. Default: 'exponential'.
   * diffusers: `time_shift_type`.
   */
  timeShiftType: 'exponential' | 'linear';
}

/** σ moved towards noise: shift · σ / (1 + (shift − 1) · σ). */
export function shiftSigma(sigma: number, shift: number): number {
  return (shift * sigma) / (1 + (shift - 1) * sigma);
}

/** Flow sigmas of DPM-Solver and DEIS, from the noisiest down, which is just below 1. */
export function flowSigmas(numTrainTimesteps: number, count: number, shift: number): number[] {
  return linspace(1, 1 / numTrainTimesteps, count + 1)
    .map((alpha) => shiftSigma(1 - alpha, shift))
    .reverse()
    .slice(0, -1);
}
