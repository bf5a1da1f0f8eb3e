import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * The house's arrows (each folder may import only what stands in its list, plus `errors.ts`).
 */
/** @type {Record<string, string[]>} */
const mayImport = {
  cli: ['pipelines', 'components', 'schedulers', 'random', 'image', 'runtime', 'hub', 'export'],
  pipelines: ['components', 'schedulers', 'random', 'image', 'runtime', 'hub', 'export'],
  components: ['runtime'],
  schedulers: ['random'],
  random: [],
  image: [],
  hub: [],
  export: ['runtime'],
  runtime: [],
};
const folders = Object.keys(mayImport);
const zones = Object.entries(mayImport).flatMap(([folder, allowed]) =>
  [...folders, 'index.ts']
    .filter((other) => other !== folder && !allowed.includes(other))
    .map((other) => ({
      target: `./lib/${folder}`,
      from: `./lib/${other}`,
      message: `lib/${folder} may not import lib/${other}: arrows point one way.`,
    })),
);

export default tseslint.config(
  { ignores: ['dist/', 'build/', 'build-gyp/', '/runtime/', 'node_modules/', 'coverage/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    rules: {
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['lib/**/*.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['lib/cli/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    // Typed arrays are read inside their bounds here; a check in the innermost loop would say nothing.
    files: [
      'lib/schedulers/**/*.ts',
      'lib/runtime/**/*.ts',
      'lib/random/**/*.ts',
      'lib/image/**/*.ts',
      'lib/pipelines/**/*.ts',
      'test/**/*.ts',
      'bench/**/*.ts',
    ],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
);
