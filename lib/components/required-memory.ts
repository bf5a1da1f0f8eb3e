import { InferenceError } from '../common/errors.js';
import { memoryLimits } from '../runtime/index.js';

/** What one network needs for a shape, in bytes; less than it will really take, never more. */
export interface RequiredMemory {
  readonly component: string;
  /** Its weights in the precision of inference, if it is not compiled for the shape already. */
  readonly weights: number;
  /** The activations that are alive at the same time. */
  readonly activations: number;
}

/**
 * Refuses what cannot fit, before the kernel ends the process for it. The estimate is a lower bound: what it lets
 * pass may still be too large.
 *
 * @param available - bytes. Default: what the machine, the control group and the address space leave now
 * @throws InferenceError `OUT_OF_MEMORY` with the figures
 */
export function requireMemory(
  needed: readonly RequiredMemory[],
  available = memoryLimits().availableBytes,
): void {
  const total = needed.reduce((sum, { weights, activations }) => sum + weights + activations, 0);
  if (total <= available) return;
  const parts = needed
    .map(({ component, weights, activations }) => {
      const of = weights > 0 ? `${gigabytes(weights)} of weights and ` : '';
      return `${component}: ${of}${gigabytes(activations)} of activations`;
    })
    .join('; ');
  throw new InferenceError(
    'OUT_OF_MEMORY',
    `This size needs at least ${gigabytes(total)} of memory and ${gigabytes(available)} are available (${parts})`,
  );
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 1e9 ? 2 : 1)} GB`;
}
