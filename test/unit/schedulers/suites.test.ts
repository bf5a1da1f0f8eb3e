import { describe, expect, it } from 'vitest';

import { fails, readSuites, runCase, titleOf } from '../../support/scheduler-suite.js';

describe.each(readSuites())('$className, in the configurations of diffusers’ tests,', (suite) => {
  const cases = suite.cases.map((entry) => [titleOf(entry), entry] as const);

  it.each(cases.filter(([, entry]) => !fails(entry)))('goes where diffusers’ goes: %s', (_, entry) => {
    const { timesteps, sigmas, trajectory } = runCase(suite, entry);
    expect(timesteps).toBeLessThanOrEqual(1e-6);
    expect(sigmas).toBeLessThanOrEqual(1e-6);
    expect(trajectory).toBeLessThanOrEqual(1e-5);
  });

  it.skipIf(!suite.cases.some(fails)).each(cases.filter(([, entry]) => fails(entry)))(
    'refuses what diffusers’ fails with or gives NaN for: %s',
    (_, entry) => {
      expect(() => runCase(suite, entry)).toThrow(
        expect.objectContaining({
          code: expect.stringMatching(/^(INVALID_ARGUMENT|CONFIG_INVALID|UNSUPPORTED)$/) as string,
        }),
      );
    },
  );
});
