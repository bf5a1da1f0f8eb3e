import { join } from 'node:path';

import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Examples import the package by its name.
  resolve: {
    alias: [{ find: /^openvino-diffusers$/, replacement: join(import.meta.dirname, 'lib/index.ts') }],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // Each file in a process of its own: an addon's crash then names its file, and memory tests stand alone.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
