/**
 * Tests under a sanitizer. Only the processes of tests load it: Vitest itself would spend hours under it, and what is
 * reported of its bundler's threads says nothing of the addon.
 */
import { defineConfig } from 'vitest/config';

/** An hour: under a sanitizer, on a busy machine, little is slow enough to be stuck. */
const TIMEOUT = 3_600_000;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    env: JSON.parse(process.env.SANITIZER_ENVIRONMENT ?? '{}'),
    testTimeout: TIMEOUT,
    hookTimeout: TIMEOUT,
    teardownTimeout: TIMEOUT,
  },
});
