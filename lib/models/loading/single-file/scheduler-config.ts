/** What a UNet was trained to predict, by diffusers' names. */
export const PREDICTION_TYPES = ['epsilon', 'v_prediction'] as const;
/** What a UNet was trained to predict: the noise, or the velocity (https://arxiv.org/abs/2202.00512). */
export type PredictionType = (typeof PREDICTION_TYPES)[number];

/** Steps after which 2.0's model for 512 pixels, which predicts noise, was published; diffusers knows it by them. */
const STEPS_OF_2_BASE = 875_000;

/** Models of 2.x for text to image predict velocities but for that one; all others predict noise. */
export function predictionTypeOf(isTextToImage2: boolean, globalStep: number | undefined): PredictionType {
  return isTextToImage2 && globalStep !== STEPS_OF_2_BASE ? 'v_prediction' : 'epsilon';
}

/** scheduler_config.json of Stable Diffusion 1.5, or of 2.1, with which diffusers loads checkpoints. */
export function schedulerConfigOf(
  isTextToImage2: boolean,
  predictionType: PredictionType,
): Record<string, unknown> {
  return {
    _class_name: isTextToImage2 ? 'DDIMScheduler' : 'PNDMScheduler',
    beta_end: 0.012,
    beta_schedule: 'scaled_linear',
    beta_start: 0.00085,
    clip_sample: false,
    num_train_timesteps: 1000,
    prediction_type: predictionType,
    set_alpha_to_one: false,
    skip_prk_steps: true,
    steps_offset: 1,
    trained_betas: null,
  };
}

/** scheduler_config.json of Stable Diffusion XL. */
export function xlSchedulerConfigOf(predictionType: PredictionType): Record<string, unknown> {
  return {
    _class_name: 'EulerDiscreteScheduler',
    beta_end: 0.012,
    beta_schedule: 'scaled_linear',
    beta_start: 0.00085,
    clip_sample: false,
    interpolation_type: 'linear',
    num_train_timesteps: 1000,
    prediction_type: predictionType,
    sample_max_value: 1,
    set_alpha_to_one: false,
    skip_prk_steps: true,
    steps_offset: 1,
    timestep_spacing: 'leading',
    trained_betas: null,
    use_karras_sigmas: false,
  };
}
