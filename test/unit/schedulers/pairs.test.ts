import { describe, expect, it } from 'vitest';

import { createScheduler } from '../../../lib/schedulers/index.js';
import { schedulerClass } from '../../../lib/schedulers/registry.js';
import pairs from '../../fixtures/reference/scheduler_pairs.json' with { type: 'json' };

interface Pair {
  source: string;
  given: Record<string, unknown>;
  target: string;
  changed?: Record<string, unknown>;
  raises?: string;
}

/** What a scheduler's file has that a default one's has not. */
function changedIn(className: string, file: Record<string, unknown>): Record<string, unknown> {
  const Target = schedulerClass(className);
  const defaults = new Target().toJSON();
  return Object.fromEntries(
    Object.entries(file).filter(([key, value]) => JSON.stringify(defaults[key]) !== JSON.stringify(value)),
  );
}

describe('the config of one class becomes that of another as in diffusers', () => {
  const named = (pairs as unknown as Pair[]).map(
    (pair) => [`${pair.source} to ${pair.target}`, pair] as const,
  );

  it.each(named)('%s', (_, { source, given, target, changed, raises }) => {
    const Source = schedulerClass(source);
    const scheduler = new Source(given);
    const make = (): Record<string, unknown> => createScheduler(target, scheduler.config).toJSON();
    if (raises !== undefined) expect(make).toThrow();
    else expect(changedIn(target, make())).toEqual(changed);
  });
});
