import { InvalidArgumentError } from '../common/errors.js';
import type { Scheduler } from './scheduler.js';
import type { TimestepOptions } from './timestep-options.js';

/**
 * Sets a scheduler's timesteps by a number of steps or a schedule of one's own; diffusers' `retrieve_timesteps`.
 *
 * @param options - `timesteps` or `sigmas`, or else `numInferenceSteps`; with them what LCM and TCD take
 * @throws InvalidArgumentError for a schedule that the scheduler does not take, and as its `setTimesteps`
 * @example
 * ```ts
 * setSchedule(scheduler, { timesteps: [999, 749, 499, 249] });
 * ```
 */
export function setSchedule(
  scheduler: Scheduler,
  { numInferenceSteps, timesteps, sigmas, originalInferenceSteps, strength }: Omit<TimestepOptions, 'mu'>,
): void {
  if (timesteps && sigmas) {
    throw new InvalidArgumentError('Expected one of timesteps and sigmas but received both');
  }
  const schedule = timesteps
    ? { timesteps }
    : sigmas
      ? { sigmas }
      : { numInferenceSteps: numInferenceSteps! };
  const options: TimestepOptions = {
    ...schedule,
    ...(originalInferenceSteps !== undefined && { originalInferenceSteps }),
    ...(strength !== undefined && { strength }),
  };
  if (Object.keys(options).join() === 'numInferenceSteps') {
    scheduler.setTimesteps(numInferenceSteps!);
    return;
  }
  // A scheduler of another version of this package may have no such list.
  const taken = (scheduler.timestepOptions as readonly string[] | undefined) ?? ['numInferenceSteps'];
  const other = Object.keys(options).find((name) => !taken.includes(name));
  if (other !== undefined) {
    throw new InvalidArgumentError(
      `The scheduler ${scheduler.className} takes no ${other}; it takes ${taken.join(', ')}`,
    );
  }
  scheduler.setTimesteps(options);
}
