import tseslint from 'typescript-eslint';

/**
 * The house's arrows (each folder may import only what stands in its list, plus `errors.ts`).
 */
/** @type {Record<string, string[]>} */
const mayImport = {
  cli: ['pipelines', 'components', 'schedulers', 'random', 'image', 'runtime', 'hub', 'export'],
  pipelines: ['components', 'schedulers', 'random', 'image', 'runtime', 'hub', 'export'],
  components: ['tokenizer', 'runtime'],
  schedulers: ['random'],
  random: [],
  image: [],
  hub: [],
  export: ['tokenizer', 'runtime'],
  tokenizer: [],
  runtime: [],
};
const folders = Object.keys(mayImport);
/** One block a folder: what it may not import is named by the path it would have to write. */
const arrows = Object.entries(mayImport).map(([folder, allowed]) => {
  const forbidden = folders.filter((other) => other !== folder && !allowed.includes(other));
  return {
    files: [`lib/${folder}/**/*.ts`],
    rules: {
      'no-restricted-imports': /** @type {['error', object]} */ ([
        'error',
        {
          patterns: [
            {
              regex: `^(\\.\\./)+((${forbidden.join('|')})/|index\\.js$)`,
              message: `lib/${folder} may import ${allowed.join(', ') || 'no other folder'}: arrows point one way.`,
            },
          ],
        },
      ]),
    },
  };
});

export default tseslint.config(
  { ignores: ['dist/', 'build/', 'build-gyp/', '/runtime/', 'node_modules/', 'coverage/'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  ...arrows,
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
