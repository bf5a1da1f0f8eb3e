import { InvalidArgumentError } from '../common/errors.js';
import { beginIndexForStrength, type Scheduler } from '../schedulers/index.js';
import type { Generation } from './generation.js';
import type { Begin } from './image-to-image-plan.js';

/** Which part of the noise a pipeline removes. */
export interface DenoisingRange {
  /**
   * Share of the noise that is removed already: `image` is the latents of a base model that ended with the same value as
   * `denoisingEnd`, and is not noised; `strength` has no effect then. Default: none.
   */
  denoisingStart?: number | undefined;
  /** Share of the noise after whose removal another model takes over; with `outputType: 'latent'`. Default: all. */
  denoisingEnd?: number | undefined;
}

/**
 * Where the loop of a pipeline that starts from an image begins and ends.
 *
 * @throws InvalidArgumentError where no step is left
 */
export function xlBegin(
  { scheduler, request }: Generation,
  { strength, denoisingStart, denoisingEnd }: DenoisingRange & { strength: number },
): Begin {
  const firstIndex =
    denoisingStart === undefined
      ? beginIndexForStrength(scheduler, request.numInferenceSteps, strength)
      : beginIndexFor(scheduler, denoisingStart);
  const endIndex = endIndexFor(scheduler, firstIndex, denoisingEnd);
  if (firstIndex < Math.min(endIndex ?? Infinity, scheduler.timesteps.length)) {
    return { firstIndex, endIndex, addsNoise: denoisingStart === undefined };
  }
  throw new InvalidArgumentError(
    `There is no step from denoisingStart ${denoisingStart ?? 'undefined'} to denoisingEnd ${denoisingEnd ?? 'undefined'} ` +
      `among ${request.numInferenceSteps}; use more steps`,
  );
}

/** @throws InvalidArgumentError for a range without anything in it */
export function checkRange({ denoisingStart = 0, denoisingEnd = 1 }: DenoisingRange): void {
  if (denoisingStart < denoisingEnd) return;
  throw new InvalidArgumentError(
    `Expected denoisingStart below denoisingEnd but received ${denoisingStart} and ${denoisingEnd}`,
  );
}

/** The index after the last timestep that a model removes noise at, or undefined for all. */
export function endIndexFor(
  scheduler: Scheduler,
  firstIndex: number,
  denoisingEnd: number | undefined,
): number | undefined {
  if (denoisingEnd === undefined) return undefined;
  const cutoff = timestepCutoff(scheduler, denoisingEnd);
  return firstIndex + scheduler.timesteps.slice(firstIndex).filter((timestep) => timestep >= cutoff).length;
}

/** The index of the first timestep below the cutoff; of order 2, never the second half of a step. */
function beginIndexFor(scheduler: Scheduler, denoisingStart: number): number {
  const cutoff = timestepCutoff(scheduler, denoisingStart);
  const left = scheduler.timesteps.filter((timestep) => timestep < cutoff).length;
  const steps = scheduler.order === 2 && left % 2 === 0 ? left + 1 : left;
  return Math.max(0, scheduler.timesteps.length - steps);
}

/** The timestep at which so much of the noise is removed, as diffusers rounds it. */
function timestepCutoff({ config }: Scheduler, share: number): number {
  const { numTrainTimesteps = 1000 } = config as { numTrainTimesteps?: number };
  return roundHalfToEven(numTrainTimesteps - share * numTrainTimesteps);
}

/** Python's `round`. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
