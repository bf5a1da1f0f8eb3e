import { warn } from '../common/warnings.js';

/** The keys that diffusers' schedulers for Stable Diffusion have between them, in version 0.39. */
const KNOWN_KEYS: ReadonlySet<string> = new Set([
  'algorithm_type',
  'beta_end',
  'beta_schedule',
  'beta_start',
  'clip_sample',
  'clip_sample_range',
  'corrector_order',
  'disable_corrector',
  'dynamic_thresholding_ratio',
  'euler_at_final',
  'final_sigmas_type',
  'flow_shift',
  'interpolation_type',
  'invert_sigmas',
  'lambda_min_clipped',
  'lower_order_final',
  'num_train_timesteps',
  'original_inference_steps',
  'predict_x0',
  'prediction_type',
  'predictor_order',
  'rescale_betas_zero_snr',
  'rho',
  's_noise',
  'sample_max_value',
  'set_alpha_to_one',
  'set_alpha_to_zero',
  'shift_terminal',
  'sigma_data',
  'sigma_max',
  'sigma_min',
  'sigma_schedule',
  'skip_prk_steps',
  'solver_order',
  'solver_p',
  'solver_type',
  'steps_offset',
  'stochastic_sampling',
  'tau_func',
  'thresholding',
  'time_shift_type',
  'timestep_scaling',
  'timestep_spacing',
  'timestep_type',
  'trained_betas',
  'use_beta_sigmas',
  'use_dynamic_shifting',
  'use_exponential_sigmas',
  'use_flow_sigmas',
  'use_karras_sigmas',
  'use_lu_lambdas',
  'variance_type',
]);

/**
 * Warns of keys in a scheduler_config.json that no scheduler has, as diffusers does: most are misspelled, and the
 * default that applies instead is easily overlooked.
 *
 * @param source - the file's path
 */
export function warnOfUnknownKeys(file: Readonly<Record<string, unknown>>, source: string): void {
  const unknown = Object.keys(file).filter((key) => !key.startsWith('_') && !KNOWN_KEYS.has(key));
  if (unknown.length === 0) return;
  warn('UNKNOWN_CONFIG_KEY', `${source}: ignored keys that no scheduler has: ${unknown.join(', ')}`);
}
