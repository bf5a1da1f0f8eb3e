import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'build/',
      'build-gyp/',
      'build-asan/',
      'build-tsan/',
      'build-linux-arm64/',
      '/runtime/',
      'release/',
      'node_modules/',
      'coverage/',
      'scripts/site/.content/',
      'scripts/site/.vitepress/cache/',
      'scripts/site/.vitepress/dist/',
    ],
  },
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
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
    },
  },
  {
    files: ['lib/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'MemberExpression[object.name="Symbol"][property.name=/^(dispose|asyncDispose)$/]',
          message: 'Realms may lack it: take it from common/dispose-symbols.ts.',
        },
      ],
    },
  },
  {
    files: ['lib/cli/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['lib/common/dispose-symbols.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    // Typed arrays are read inside their bounds here; a check in the innermost loop would say nothing.
    files: [
      'lib/schedulers/**/*.ts',
      'lib/runtime/**/*.ts',
      'lib/random/**/*.ts',
      'lib/image/**/*.ts',
      'lib/pipelines/**/*.ts',
      'lib/denoising/**/*.ts',
      'lib/prompts/**/*.ts',
      'test/**/*.ts',
      'bench/**/*.ts',
    ],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
);
