import { InvalidArgumentError } from '../common/errors.js';

/**
 * Which of a loop's calls of the UNet end an inference step, as diffusers' progress bar counts them. A scheduler of
 * second order calls the UNet twice a step; PNDM makes its warm-up calls before the first step ends.
 *
 * @param calls - the number of timesteps
 * @param order - the scheduler's
 * @param warmup - how many more calls there are than the steps need; below 0 for fewer
 * @returns for each call whether a step ends with it; the last one always does
 * @throws InvalidArgumentError for an order that is not an integer from 1
 */
export function stepEnds(calls: number, order = 1, warmup = 0): boolean[] {
  if (!Number.isInteger(order) || order < 1) {
    throw new InvalidArgumentError(
      `Expected integer from 1 for the scheduler's order but received ${String(order)}`,
    );
  }
  return Array.from({ length: calls }, (_, i) => i + 1 === calls || (i >= warmup && (i + 1) % order === 0));
}
