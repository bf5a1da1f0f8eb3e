import { describe, expect, it, vi } from 'vitest';

import { TorchGenerator } from '../../../lib/random/index.js';
import { DDIMScheduler, EulerDiscreteScheduler, Scheduler } from '../../../lib/schedulers/index.js';
import { denoise, prediction, relativeDifference } from '../../support/scheduler-runs.js';

interface HeunConfig {
  sigmaMax: number;
  sigmaMin: number;
}

/** A user's second-order scheduler over log-spaced noise levels, which calls the UNet twice a step. */
class LogHeunScheduler extends Scheduler<HeunConfig> {
  readonly className = 'LogHeunScheduler';
  override readonly order = 2;
  timesteps: readonly number[] = [];
  #sigmas: number[] = [];
  #index = 0;
  #first: { derivative: Float32Array; sample: Float32Array } | undefined;

  constructor(readonly config: HeunConfig = { sigmaMax: 14.6, sigmaMin: 0.03 }) {
    super();
  }

  override get initNoiseSigma(): number {
    return this.config.sigmaMax;
  }

  setTimesteps(numInferenceSteps: number): void {
    const { sigmaMax, sigmaMin } = this.config;
    const ratio = (sigmaMin / sigmaMax) ** (1 / Math.max(numInferenceSteps - 1, 1));
    const levels = Array.from({ length: numInferenceSteps }, (_, i) => sigmaMax * ratio ** i);
    const timestepOf = (sigma: number): number => 999 * (Math.log(sigma / 0.03) / Math.log(14.6 / 0.03));
    // The last step, to 0, has no second stage.
    this.#sigmas = [...levels.flatMap((sigma, i) => (i === 0 ? [sigma] : [sigma, sigma])), 0];
    this.timesteps = this.#sigmas.slice(0, -1).map(timestepOf);
    this.#index = 0;
    this.#first = undefined;
  }

  override setBeginIndex(index: number): void {
    this.#index = index;
  }

  override scaleModelInput(sample: Float32Array): Float32Array {
    const scale = Math.hypot(this.#sigmas[this.#index]!, 1);
    return sample.map((value) => value / scale);
  }

  step(modelOutput: Float32Array, _timestep: number, sample: Float32Array): { prevSample: Float32Array } {
    const first = this.#first;
    const [sigma, next] = [this.#sigmas[this.#index]!, this.#sigmas[this.#index + 1]!];
    this.#index++;
    if (!first) {
      const isLast = next === 0;
      this.#first = isLast ? undefined : { derivative: modelOutput, sample };
      return { prevSample: sample.map((value, i) => value + (next - sigma) * modelOutput[i]!) };
    }
    this.#first = undefined;
    const from = this.#sigmas[this.#index - 2]!;
    return {
      prevSample: first.sample.map(
        (value, i) => value + ((sigma - from) * (first.derivative[i]! + modelOutput[i]!)) / 2,
      ),
    };
  }

  addNoise(originalSamples: Float32Array, noise: Float32Array, timestep: number): Float32Array {
    const sigma = this.#sigmas[this.timesteps.indexOf(timestep)]!;
    return originalSamples.map((value, i) => value + sigma * noise[i]!);
  }

  clone(): this {
    return new LogHeunScheduler(this.config) as this;
  }
}

/** The example of Scheduler's documentation. */
class OneStepScheduler extends Scheduler<{ sigma: number }> {
  readonly className = 'OneStepScheduler';
  readonly config = { sigma: 14.6146 };
  readonly timesteps = [999];

  override get initNoiseSigma() {
    return this.config.sigma;
  }

  setTimesteps() {
    // There is only the one.
  }

  override scaleModelInput(sample: Float32Array) {
    return sample.map((value) => value / Math.hypot(this.config.sigma, 1));
  }

  step(modelOutput: Float32Array, _timestep: number, sample: Float32Array) {
    return { prevSample: sample.map((value, i) => value - this.config.sigma * modelOutput[i]!) };
  }

  addNoise(original: Float32Array, noise: Float32Array) {
    return original.map((value, i) => value + this.config.sigma * noise[i]!);
  }

  clone() {
    return new OneStepScheduler() as this;
  }
}

describe('a scheduler of the user’s own', () => {
  const shape = [1, 4, 2, 2];

  it('runs in a pipeline’s loop, twice for each step, and converges to what small steps of Euler give', () => {
    const heun = new LogHeunScheduler();
    const run = (steps: number): Float32Array => {
      const copy = heun.clone();
      copy.setTimesteps(steps);
      expect(copy.timesteps).toHaveLength(2 * steps - 1);
      const start = new TorchGenerator(1).randn(shape).map((value) => value * copy.initNoiseSigma);
      return denoise(copy, start, copy.timesteps, shape);
    };
    const exact = run(2000);
    const error = (steps: number): number => relativeDifference(run(steps), [...exact]);
    // Second order: half the step, a quarter of the error.
    expect(error(40) / error(80)).toBeGreaterThan(3);
    expect(error(80)).toBeLessThan(0.01);
    expect(heun.timesteps).toEqual([]);
  });

  it('of one step goes where Euler’s one step goes', () => {
    const euler = new EulerDiscreteScheduler({
      betaSchedule: 'scaled_linear',
      betaStart: 0.00085,
      betaEnd: 0.012,
      timestepSpacing: 'trailing',
    });
    const [mine, theirs] = [new OneStepScheduler().clone(), euler].map((scheduler) => {
      scheduler.setTimesteps(1);
      const start = new TorchGenerator(1).randn(shape).map((value) => value * scheduler.initNoiseSigma);
      return denoise(scheduler, start, scheduler.timesteps, shape);
    });
    expect(relativeDifference(mine!, [...theirs!])).toBeLessThan(1e-5);
  });

  it('is a Scheduler with defaults for what it leaves out', () => {
    const heun = new LogHeunScheduler();
    expect(Scheduler.isScheduler(heun)).toBe(true);
    expect(heun.toJSON()).toEqual({ _class_name: 'LogHeunScheduler', sigma_max: 14.6, sigma_min: 0.03 });
    // Where they use the same names, another class can be made from its config.
    expect(EulerDiscreteScheduler.fromConfig(heun.config).config.sigmaMax).toBe(14.6);
  });

  it('may extend one of this package’s', () => {
    class StochasticDDIMScheduler extends DDIMScheduler {
      override step(output: Float32Array, timestep: number, sample: Float32Array, options = {}) {
        return super.step(output, timestep, sample, { ...options, eta: 1 });
      }
    }
    const scheduler = StochasticDDIMScheduler.fromConfig(new DDIMScheduler({ betaEnd: 0.012 }).config);
    const copy = scheduler.clone();
    expect(copy).toBeInstanceOf(StochasticDDIMScheduler);
    expect(copy.config.betaEnd).toBe(0.012);
    copy.setTimesteps(4);
    const sample = new TorchGenerator(1).randn([4]);
    expect(() => copy.step(prediction(sample, 750), 750, sample)).toThrow('{ noise }');
  });
});

describe('a copy of the package, as the ESM and CommonJS builds are,', () => {
  it('accepts the other’s schedulers', async () => {
    vi.resetModules();
    const other = await import('../../../lib/schedulers/index.js');
    expect(other.Scheduler).not.toBe(Scheduler);
    const mine = new DDIMScheduler();
    const theirs = new other.DDIMScheduler();
    expect([Scheduler.isScheduler(theirs), other.Scheduler.isScheduler(mine)]).toEqual([true, true]);
    expect(theirs).toBeInstanceOf(Scheduler);
    expect(mine).toBeInstanceOf(other.Scheduler);
    expect(theirs).not.toBeInstanceOf(DDIMScheduler);
    expect(mine).toBeInstanceOf(DDIMScheduler);
    // And what was only defaulted is known across copies.
    const config = other.EulerDiscreteScheduler.fromConfig(mine.config).config;
    expect(config.timestepSpacing).toBe('linspace');
    expect(other.correctScheduler(mine as never, 'StableDiffusionPipeline')).toMatchObject({
      config: { stepsOffset: 1, clipSample: false },
    });
  });

  it.each([null, undefined, 1, 'DDIMScheduler', {}, { className: 'x' }, DDIMScheduler, Object.create(null)])(
    'and nothing else: %o',
    (value) => {
      expect(Scheduler.isScheduler(value)).toBe(false);
      expect(value instanceof Scheduler).toBe(false);
    },
  );
});
