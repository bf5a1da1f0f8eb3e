import { defineConfig } from 'tsdown';

export default defineConfig([
  {
    entry: {
      index: 'lib/index.ts',
      'schedulers/index': 'lib/schedulers/index.ts',
      'random/index': 'lib/random/index.ts',
      'runtime/index': 'lib/runtime/index.ts',
    },
    format: ['esm', 'cjs'],
    platform: 'node',
    target: 'node20.17',
    fixedExtension: false,
    shims: true,
    // No source maps: they are more than half of the package, and the bundle is not minified.
    dts: { compilerOptions: { stripInternal: true } },
  },
  {
    // Only Node runs the command line, so it needs neither CommonJS nor types.
    entry: { 'cli/main': 'lib/cli/main.ts' },
    format: ['esm'],
    platform: 'node',
    target: 'node20.17',
    fixedExtension: false,
    dts: false,
    clean: false,
  },
]);
