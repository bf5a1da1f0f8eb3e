import { TorchGenerator } from '../../lib/random/index.js';
import type { Scheduler } from '../../lib/schedulers/index.js';

/** The formula of test/reference/make_schedulers.py, which stands for a UNet. */
export function prediction(sample: Float32Array, timestep: number): Float32Array {
  return sample.map((value) => Math.cos(value + timestep / 500));
}

/** Steps from a sample through timesteps as test/reference/make_scheduler_behaviour.py does. */
export function denoise(
  scheduler: Scheduler,
  start: Float32Array,
  timesteps: readonly number[],
  shape: readonly number[],
): Float32Array {
  const generator = new TorchGenerator(7);
  const options = { noise: () => generator.randn(shape), batchSize: shape[0] };
  return timesteps.reduce((sample, timestep) => {
    const output = prediction(scheduler.scaleModelInput(sample, timestep), timestep);
    return scheduler.step(output, timestep, sample, options).prevSample;
  }, start);
}

/** The largest difference, relative to the largest expected value; values beyond the expected ones are left out. */
export function relativeDifference(values: ArrayLike<number>, expected: readonly number[]): number {
  const scale = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - values[i]!))) / scale;
}
