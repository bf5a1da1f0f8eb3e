import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { TorchGenerator } from '../../lib/random/index.js';
import { createScheduler, type Scheduler, type TimestepOptions } from '../../lib/schedulers/index.js';
import { prediction } from './scheduler-runs.js';

/** A case of test/reference/make_scheduler_suites.py with what diffusers gave. */
export interface SuiteCase {
  steps: number;
  config?: Record<string, unknown>;
  begin?: number;
  custom?: 'timesteps' | 'sigmas';
  set?: Record<string, unknown>;
  step?: Record<string, unknown>;
  raises?: string;
  timesteps?: number[];
  sigmas?: number[];
  init?: number;
  norms?: number[];
  final?: (number | null)[];
}

export interface Suite {
  className: string;
  config: Record<string, unknown>;
  cases: readonly SuiteCase[];
}

const FOLDER = join(import.meta.dirname, '../fixtures/reference/scheduler_suites');
const SHAPE = [2, 3, 2, 2];
const LISTED = 6;

/** All suites, by class name. */
export function readSuites(): Suite[] {
  return readdirSync(FOLDER)
    .sort()
    .map((file) => ({
      className: file.replace('.json', ''),
      ...(JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Omit<Suite, 'className'>),
    }));
}

/** A case in a few words. */
export function titleOf({ steps, config, begin, custom, set, step }: SuiteCase): string {
  const more = { ...config, ...set, ...step, ...(begin !== undefined && { begin }) };
  const shown = Object.entries(more).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  return [`${steps} steps`, ...(custom ? [`its own ${custom}`] : []), ...shown].join(', ');
}

/** Whether diffusers raises, or ends in values that are not finite. */
export function fails({ raises, final }: SuiteCase): boolean {
  return raises !== undefined || final!.includes(null);
}

/** The largest deviations from diffusers, relative to the largest value of a list. */
export interface Deviations {
  timesteps: number;
  sigmas: number;
  trajectory: number;
}

/**
 * Runs a case, compares it.
 *
 * @throws what the scheduler throws
 */
export function runCase({ className, config }: Suite, entry: SuiteCase): Deviations {
  const merged = Object.fromEntries(
    Object.entries({ ...config, ...entry.config }).map(([key, value]) => [
      key,
      value === '-inf' ? -Infinity : value,
    ]),
  );
  return runScheduler(
    createScheduler(className, merged),
    entry,
    String(merged.variance_type).startsWith('learned'),
  );
}

/**
 * Runs a scheduler as a case was run with diffusers, compares it.
 *
 * @param isLearned - whether the model predicts the variance too
 * @throws what the scheduler throws
 */
export function runScheduler(scheduler: Scheduler, entry: SuiteCase, isLearned: boolean): Deviations {
  setTimesteps(scheduler, entry);
  const timesteps = scheduler.timesteps.slice(entry.begin ?? 0);
  let sample = start(scheduler, entry);
  const generator = new TorchGenerator(7);
  const options = { noise: () => generator.randn(SHAPE), batchSize: SHAPE[0]!, ...camelKeys(entry.step) };
  const norms = timesteps.map((timestep) => {
    const output = prediction(scheduler.scaleModelInput(sample, timestep), timestep);
    const given = isLearned ? withVariance(output) : output;
    sample = scheduler.step(given, timestep, sample, options).prevSample;
    return Math.hypot(...sample);
  });
  const { sigmas } = scheduler as unknown as { sigmas?: ArrayLike<number> };
  const final = [...sample.slice(0, 2), ...sample.slice(-2)];
  return {
    timesteps: deviation(listed(scheduler.timesteps), entry.timesteps!),
    sigmas: entry.sigmas && sigmas ? deviation(listed(Array.from(sigmas)), entry.sigmas) : 0,
    trajectory: Math.max(
      deviation([scheduler.initNoiseSigma], [entry.init!]),
      deviation(listed(norms), entry.norms!),
      deviation(final, entry.final as number[]),
    ),
  };
}

function setTimesteps(scheduler: Scheduler, { steps, custom, set }: SuiteCase): void {
  const options = camelKeys(set) as TimestepOptions;
  const own = options.timesteps ?? options.sigmas;
  scheduler.setTimesteps(own ? options : { numInferenceSteps: steps, ...options });
  if (!custom) return;
  const { [custom]: schedule } = scheduler as unknown as Record<string, ArrayLike<number>>;
  scheduler.setTimesteps({ ...options, [custom]: Array.from(schedule!) });
}

function start(scheduler: Scheduler, { begin }: SuiteCase): Float32Array {
  const noise = new TorchGenerator(3).randn(SHAPE);
  if (begin === undefined) return noise.map((value) => value * scheduler.initNoiseSigma);
  scheduler.setBeginIndex(begin);
  return scheduler.addNoise(new TorchGenerator(5).randn(SHAPE), noise, scheduler.timesteps[begin]!);
}

/** For each image the prediction, then as many channels of variance. */
function withVariance(output: Float32Array): Float32Array {
  const size = output.length / SHAPE[0]!;
  const channel = size / SHAPE[1]!;
  const result = new Float32Array(2 * output.length);
  for (let image = 0; image < SHAPE[0]!; image++) {
    const own = output.subarray(image * size, (image + 1) * size);
    result.set(own, 2 * image * size);
    for (let c = 0; c < SHAPE[1]!; c++) {
      const flipped = own.subarray((SHAPE[1]! - 1 - c) * channel, (SHAPE[1]! - c) * channel);
      result.set(flipped, (2 * image + 1) * size + c * channel);
    }
  }
  return result;
}

function camelKeys(options: Record<string, unknown> = {}): Record<string, unknown> {
  const camel = (key: string): string =>
    key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [camel(key), value]));
}

/** The length, and up to six of the values, as the reference lists them. */
function listed(values: readonly number[]): number[] {
  const count = Math.min(values.length, LISTED);
  const places = Array.from({ length: count }, (_, i) =>
    Math.round((i * (values.length - 1)) / Math.max(count - 1, 1)),
  );
  return [values.length, ...places.map((place) => values[place]!)];
}

function deviation(values: readonly number[], expected: readonly number[]): number {
  if (values.length !== expected.length) return Infinity;
  const scale = Math.max(...expected.map(Math.abs), Number.MIN_VALUE);
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - values[i]!)));
  return Number.isNaN(worst) ? Infinity : worst / scale;
}
