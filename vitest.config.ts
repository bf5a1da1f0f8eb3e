import { defineConfig } from 'vitest/config';

/** Tests over test/support/fake-runtime.ts, which load no addon. */
const WITHOUT_OPENVINO = ['components', 'denoising', 'pipelines', 'prompts'].map(
  (folder) => `test/unit/${folder}/**/*.test.ts`,
);

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        // Files share processes, and so what they import, which takes longer than the tests.
        test: { name: 'without-openvino', include: WITHOUT_OPENVINO, isolate: false, testTimeout: 20_000 },
      },
      {
        extends: true,
        // Each file in a process of its own: an addon's crash then names its file, and memory tests stand alone.
        test: { name: 'openvino', include: ['test/**/*.test.ts'], exclude: WITHOUT_OPENVINO },
      },
    ],
  },
});
