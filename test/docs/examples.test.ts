import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';
import { expect, it } from 'vitest';

import { codeBlocks, readDocuments, usesPipeline } from '../support/documents.js';

const root = join(import.meta.dirname, '../..');

/** Examples as files of their own; those that go on from another one's pipeline get it declared. */
const examples = new Map(
  readDocuments().flatMap((document) =>
    codeBlocks(document)
      .filter(({ language }) => language === 'ts' || language === 'js')
      .map(({ code, line, language }) => {
        const name = `${document.path.replaceAll('/', '-')}-line-${line}`;
        if (language === 'js') {
          const extension = code.includes('require(') ? 'cjs' : 'mjs';
          return [join(root, 'test/docs', `${name}.${extension}`), code];
        }
        const declared = "declare const pipeline: import('openvino-diffusers').OVStableDiffusionPipeline;";
        return [
          join(root, 'test/docs', `${name}.ts`),
          `${usesPipeline(code) ? declared : ''}${code}\nexport {};\n`,
        ];
      }),
  ),
);

/** What Next.js, which is not installed, says of the options that are used. */
const next = join(root, 'test/docs/next.d.ts');
examples.set(
  next,
  "declare module 'next' { interface NextConfig { serverExternalPackages?: string[]; output?: 'standalone' | 'export' } }",
);

it('every example of the documentation compiles', () => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => readFileSync(path, 'utf8')) as {
    config: { compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(
    {
      ...config.compilerOptions,
      paths: {
        'openvino-diffusers': ['./lib/index.ts'],
        'openvino-diffusers/*': ['./lib/*/index.ts'],
      },
    },
    root,
  );
  const files = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...files,
    fileExists: (path) => examples.has(path) || files.fileExists(path),
    readFile: (path) => examples.get(path) ?? files.readFile(path),
    getSourceFile: (path, ...rest) => {
      const text = examples.get(path);
      return text === undefined
        ? files.getSourceFile(path, ...rest)
        : ts.createSourceFile(path, text, ts.ScriptTarget.ES2022);
    },
  };
  const program = ts.createProgram([...examples.keys()], options, host);
  const diagnostics = [...examples.keys()].flatMap((path) => {
    const file = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  });
  expect(examples.size).toBeGreaterThan(20);
  expect(ts.formatDiagnostics(diagnostics, { ...host, getCanonicalFileName: (name) => name })).toBe('');
});
