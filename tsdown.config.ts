import { defineConfig, type Rolldown } from 'tsdown';

/**
 * In CommonJS, tools that trace files (@vercel/nft) see what `require` loads, but not what a function made by
 * createRequire does; in ES modules they see both.
 */
const ownRequire: Rolldown.Plugin = {
  name: 'own-require',
  transform: {
    filter: { id: /[/\\]platform-package\.ts$/ },
    handler(code) {
      const made = /^const require = createRequire\(import\.meta\.url\);$/m;
      if (!made.test(code)) throw new Error('platform-package.ts makes its require otherwise now');
      return code.replace(made, '');
    },
  },
};

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
    inputOptions: (options, format) =>
      format === 'cjs' ? { ...options, plugins: [options.plugins, ownRequire] } : options,
    external: /^@openvino-diffusers\//,
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
    external: /^@openvino-diffusers\//,
    dts: false,
    clean: false,
  },
]);
