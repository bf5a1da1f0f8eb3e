import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

const published = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.d\.c?ts$/.test(name),
);

/** What the compiler says of a module that uses the built package by its name, as a dependent would. */
function complaints(source: string): string[] {
  const file = join(root, 'consumer.ts');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
    skipLibCheck: false,
  };
  const host = ts.createCompilerHost(options);
  const disk = ts.createCompilerHost(options);
  host.fileExists = (name) => name === file || disk.fileExists(name);
  host.readFile = (name) => (name === file ? source : disk.readFile(name));
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, source, rest[0]) : disk.getSourceFile(name, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe('the published types', () => {
  it('show nothing that is internal', () => {
    expect(published).toContain('index.d.ts');
    expect(published).toContain(join('runtime', 'index.d.cts'));
    for (const name of published) {
      const text = readFileSync(join(root, 'dist', name), 'utf8');
      expect(text, name).not.toMatch(/@internal|\bhandle\b|\bNative[A-Z]\w+/);
    }
  });

  it('are enough for a program, `using` included', () => {
    expect(
      complaints(`
        import { Core, graph, Tensor, type Model } from 'openvino-diffusers/runtime';
        const x = graph.parameter('f32', [1, 4], 'x');
        using model: Model = graph.model([x], [{ output: x, names: ['y'] }], 'm');
        const compiled = await new Core().compileModel(model, { shapes: { x: [1, 4] } });
        await using request = await compiled.createInferRequest();
        using input = new Tensor('f32', [1, 4]);
        input.data.set([1, 2, 3, 4]);
        request.setInput('x', input);
        await request.infer();
        export const result: Float32Array = request.getOutput('y').data;
      `),
    ).toEqual([]);
  });

  it('let nobody make what only the package makes, or reach the native objects', () => {
    const [made, reached, ...more] = complaints(`
      import { Model, Tensor } from 'openvino-diffusers/runtime';
      export const model = new Model();
      export const handle = new Tensor('f32', [1]).handle;
    `);
    expect(made).toContain("Constructor of class 'Model' is private");
    expect(reached).toContain("Property 'handle' does not exist");
    expect(more).toEqual([]);
  });
});
