/** The linter's rules: types are used wherever they can find a bug; layout is prettier's, file rules are tidy.test.ts's. */
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const TYPESCRIPT = ['**/*.ts'];
const SCRIPTS = ['**/*.js', '**/*.mjs'];
const LIBRARY = ['src/**/*.ts'];
const COMMAND = ['src/cli/**/*.ts'];
const EXAMPLES = ['examples/**/*.ts'];
const PROGRAMS = ['test/**/*.ts', 'bench/**/*.ts', 'crash-tests/**/*.ts'];

export default tseslint.config(
  {
    ignores: [
      'dist/',
      '.dist-*/',
      'node_modules/',
      'coverage/',
      'test/golden/',
      'site/.vitepress/dist/',
      'site/.vitepress/cache/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'object-shorthand': 'error',
      // Reads of optional sentinels in byte loops are clearer as while (true) with a return.
      'no-constant-condition': ['error', { checkLoops: false }],
    },
  },
  {
    files: SCRIPTS,
    languageOptions: {
      globals: {
        Buffer: false,
        Response: false,
        URL: false,
        URLSearchParams: false,
        console: false,
        fetch: false,
        process: false,
      },
    },
  },
  {
    files: ['test/runtimes/jest/*.js'],
    languageOptions: { globals: { expect: false, require: false, test: false } },
  },
  {
    files: TYPESCRIPT,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      'no-undef': 'off',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // The compiler reports unused names already, and knows more about them.
      '@typescript-eslint/no-unused-vars': 'off',
      // A bound that the same function has proven; the proof stands beside it.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: LIBRARY,
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector:
            "ImportDeclaration[importKind='value'][source.value='bloom-filters'] > ImportSpecifier[importKind='value']",
          message: "Node finds no named exports there: import bloomFilters from 'bloom-filters'.",
        },
        {
          selector:
            "ImportDeclaration[source.value='node:zlib'] > ImportSpecifier[imported.name='crc32']",
          message:
            'Linking fails before base/runtime.ts can refuse an old Node: import * as zlib instead.',
        },
      ],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
    },
  },
  { files: COMMAND, rules: { 'no-console': 'off' } },
  {
    files: EXAMPLES,
    rules: {
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: PROGRAMS,
    rules: {
      // Hostile implementations and fixtures satisfy asynchronous contracts without waiting.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
