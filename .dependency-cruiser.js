/**
 * The house's arrows: each folder of lib/ may import only what stands in its list. `npm run lint` holds them.
 *
 * @type {Record<string, string[]>}
 */
const mayImport = {
  cli: ['pipelines', 'schedulers', 'random', 'image', 'models', 'hub', 'runtime', 'common'],
  pipelines: [
    'denoising',
    'prompts',
    'components',
    'schedulers',
    'random',
    'image',
    'tokenizer',
    'models',
    'hub',
    'runtime',
    'common',
  ],
  denoising: ['components', 'schedulers', 'random', 'common'],
  prompts: ['components', 'tokenizer', 'common'],
  components: ['models', 'runtime', 'common'],
  schedulers: ['random', 'common'],
  random: ['common'],
  image: ['common'],
  hub: ['models', 'common'],
  models: ['runtime', 'common'],
  tokenizer: ['common'],
  runtime: ['common'],
  common: [],
};

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-way-back-to-the-surface',
      comment: 'lib/index.ts only exports.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^lib/index\\.ts$' },
    },
    ...Object.entries(mayImport).map(([folder, allowed]) => ({
      name: `arrows-of-${folder}`,
      comment: `lib/${folder} may import ${allowed.join(', ') || 'no other folder'}: arrows point one way.`,
      severity: /** @type {const} */ ('error'),
      from: { path: `^lib/${folder}/` },
      to: { path: '^lib/', pathNot: [folder, ...allowed].map((other) => `^lib/${other}/`) },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.mjs', '.json'] },
  },
};
