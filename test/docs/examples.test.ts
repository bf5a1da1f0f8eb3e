import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';
import { expect, it } from 'vitest';

import { codeBlocks, readDocuments } from '../support/documents.js';

const root = join(import.meta.dirname, '../..');

/** Examples as files of their own; those that go on from another one's pipeline get it declared. */
const examples = new Map(
  readDocuments().flatMap((document) =>
    codeBlocks(document)
      .filter(({ language }) => language === 'ts')
      .map(({ code, line }) => {
        const continues = /\bpipeline\b/.test(code) && !/\b(const|using) pipeline\b/.test(code);
        const declared = "declare const pipeline: import('openvino-diffusers').OVStableDiffusionPipeline;";
        const file = join(root, 'test/docs', `${document.path.replaceAll('/', '-')}-line-${line}.ts`);
        return [file, `${continues ? declared : ''}${code}\nexport {};\n`];
      }),
  ),
);

it('every TypeScript example of the documentation compiles', () => {
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
