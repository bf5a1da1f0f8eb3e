import { InvalidArgumentError } from '../common/errors.js';
import { unknownOption, wrongValue } from '../common/options.js';

/**
 * How `setTimesteps` spreads a generation over the noise levels: by a number of steps, or by a schedule of one's own.
 * Exactly one of `numInferenceSteps`, `timesteps` and `sigmas`.
 */
export interface TimestepOptions {
  /** Steps, from 1. */
  readonly numInferenceSteps?: number | undefined;
  /**
   * The timesteps to denoise at, descending, each from 0 to below `numTrainTimesteps`, in place of a number of steps.
   * diffusers: `timesteps`.
   */
  readonly timesteps?: readonly number[] | undefined;
  /** The noise levels to denoise at, descending, in place of a number of steps. diffusers: `sigmas`. */
  readonly sigmas?: readonly number[] | undefined;
  /** Shifts flow sigmas by e^μ, with `useDynamicShifting`. diffusers: `mu`. */
  readonly mu?: number | undefined;
  /**
   * Timesteps that the model was distilled at, for LCM and TCD. Default: the config's. diffusers:
   * `original_inference_steps`.
   */
  readonly originalInferenceSteps?: number | undefined;
  /**
   * The share of the noise levels to spread the steps over, from 0 noise up, for LCM and TCD. Default: 1. diffusers:
   * `strength`.
   */
  readonly strength?: number | undefined;
}

const MAX_STEPS = 100_000;

/** A number of steps in the form of options. */
export function timestepOptions(given: number | TimestepOptions): TimestepOptions {
  if (typeof given !== 'object' || (given as object | null) === null) {
    return { numInferenceSteps: given as number };
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/**
 * Checks options of `setTimesteps` against what a scheduler takes.
 *
 * @param className - the scheduler's, for messages
 * @param taken - the options it takes
 * @throws InvalidArgumentError `UNKNOWN_OPTION` for an option that no scheduler has, `INVALID_ARGUMENT` for one that
 * this one does not take, for several schedules or none, and for a list that does not descend
 */
export function checkTimestepOptions(
  options: TimestepOptions,
  className: string,
  taken: readonly string[],
): void {
  for (const name of Object.keys(options)) {
    if (taken.includes(name)) continue;
    if (!ALL_OPTIONS.includes(name)) throw unknownOption(name, taken, 'setTimesteps');
    throw new InvalidArgumentError(
      `${className} takes no ${name}. It takes ${taken.join(', ')}, as in diffusers`,
    );
  }
  const { timesteps, sigmas } = options;
  const schedules = ['numInferenceSteps', 'timesteps', 'sigmas'].filter((name) => name in options);
  if (schedules.length !== 1) {
    throw new InvalidArgumentError(
      `Expected one of numInferenceSteps, timesteps and sigmas but received ${schedules.join(' and ') || 'none'}`,
    );
  }
  if (timesteps) requireDescending('timesteps', timesteps);
  if (sigmas) requireDescending('sigmas', sigmas);
}

const ALL_OPTIONS: readonly string[] = [
  'numInferenceSteps',
  'timesteps',
  'sigmas',
  'mu',
  'originalInferenceSteps',
  'strength',
] satisfies (keyof TimestepOptions)[];

function requireDescending(name: 'timesteps' | 'sigmas', values: readonly number[]): void {
  const isList = Array.isArray(values) && values.length > 0 && values.length <= MAX_STEPS;
  if (!isList || !values.every((value) => Number.isFinite(value) && value >= 0)) {
    throw wrongValue(`a list of 1 to ${MAX_STEPS} numbers from 0`, name, values);
  }
  // The last two noise levels are the same with finalSigmasType 'sigma_min'.
  const count = name === 'sigmas' && values.at(-1) === values.at(-2) ? values.length - 1 : values.length;
  const rising = values.findIndex((value, i) => i > 0 && i < count && value >= values[i - 1]!);
  if (rising === -1) return;
  throw new InvalidArgumentError(
    `Expected descending ${name} but received ${values[rising]!} after ${values[rising - 1]!}`,
  );
}
