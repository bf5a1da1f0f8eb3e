import { describe, expect, it } from 'vitest';

import { createScheduler } from '../../../lib/schedulers/index.js';
import { schedulerClass } from '../../../lib/schedulers/registry.js';
import { fails, runScheduler, type SuiteCase } from '../../support/scheduler-suite.js';
import pairs from '../../fixtures/reference/scheduler_pairs.json' with { type: 'json' };

interface Pair {
  source: string;
  given: Record<string, unknown>;
  target: string;
  changed?: Record<string, unknown>;
  raises?: string;
  /** Absent where diffusers cannot run the made one, as in its `raises`. */
  run?: SuiteCase | Record<string, never>;
}

/** What a scheduler's file has that a default one's has not. */
function changedIn(className: string, file: Record<string, unknown>): Record<string, unknown> {
  const Target = schedulerClass(className);
  const defaults = new Target().toJSON();
  return Object.fromEntries(
    Object.entries(file).filter(([key, value]) => JSON.stringify(defaults[key]) !== JSON.stringify(value)),
  );
}

const named = (pairs as unknown as Pair[]).map((pair) => [`${pair.source} to ${pair.target}`, pair] as const);

describe('the config of one class becomes that of another as in diffusers', () => {
  it.each(named)('%s', (_, { source, given, target, changed, raises }) => {
    const Source = schedulerClass(source);
    const scheduler = new Source(given);
    const make = (): Record<string, unknown> => createScheduler(target, scheduler.config).toJSON();
    if (raises !== undefined) expect(make).toThrow();
    else expect(changedIn(target, make())).toEqual(changed);
  });
});

describe('and the scheduler made from it goes where diffusers’ goes', () => {
  const runs = named.flatMap(([name, { run, ...pair }]) =>
    run && 'final' in run && !fails(run as SuiteCase) ? [[name, pair, run as SuiteCase] as const] : [],
  );

  it.each(runs)('%s', (_, { source, given, target }, run) => {
    const seed = target === 'DPMSolverSDEScheduler' ? { noiseSamplerSeed: 7 } : {};
    const scheduler = createScheduler(target, new (schedulerClass(source))(given).config, seed);
    const { varianceType } = scheduler.config as { varianceType?: string };
    const isLearned = target === 'DDPMScheduler' && varianceType!.startsWith('learned');
    const { timesteps, sigmas, trajectory } = runScheduler(scheduler, run, isLearned);
    expect(timesteps).toBeLessThanOrEqual(1e-6);
    expect(sigmas).toBeLessThanOrEqual(1e-6);
    expect(trajectory).toBeLessThanOrEqual(1e-5);
  });
});
