import { InvalidArgumentError } from '../common/errors.js';
import type { Scheduler } from './scheduler.js';

/**
 * Where image-to-image starts in a scheduler's `timesteps`; diffusers' `get_timesteps`. Of `numInferenceSteps` it runs
 * the last floor(numInferenceSteps · strength).
 *
 * @param scheduler - with its timesteps set for `numInferenceSteps`; it takes the index by `setBeginIndex`
 * @param strength - how much of the image to replace, above 0, at most 1
 * @throws InvalidArgumentError for a strength out of range, or so small that no step is left
 * @example
 * ```ts
 * scheduler.setTimesteps(50);
 * beginIndexForStrength(scheduler, 50, 0.8); // 10: the last 40 of 50 steps
 * ```
 * @see https://huggingface.co/docs/diffusers/api/pipelines/stable_diffusion/img2img
 */
export function beginIndexForStrength(
  scheduler: Pick<Scheduler, 'order'>,
  numInferenceSteps: number,
  strength: number,
): number {
  const steps = Math.min(Math.floor(numInferenceSteps * strength), numInferenceSteps);
  if (strength > 0 && strength <= 1 && steps >= 1) return (numInferenceSteps - steps) * scheduler.order;
  throw new InvalidArgumentError(
    `Expected a number from ${1 / numInferenceSteps} (one step of ${numInferenceSteps}) to 1 for strength but received ${strength}`,
  );
}
