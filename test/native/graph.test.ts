import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Core, graph, MappedFile, Tensor, type GraphOutput } from '../../lib/runtime/index.js';

let core: Core;
let folder: string;

beforeAll(async () => {
  core = new Core();
  folder = await mkdtemp(join(tmpdir(), 'native-graph-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function compute(input: Float32Array, build: (x: GraphOutput) => GraphOutput): Promise<number[]> {
  const x = graph.parameter('f32', [input.length], 'x');
  const model = graph.model([x], [{ output: build(x), names: ['y'] }], 'm');
  const compiled = await core.compileModel(model, { properties: { INFERENCE_PRECISION_HINT: 'f32' } });
  await using request = await compiled.createInferRequest();
  request.setInput('x', new Tensor('f32', [input.length], input));
  await request.infer();
  return [...request.getOutput('y').data];
}

describe('a network built node by node', () => {
  it('computes what its operations say', async () => {
    const result = await compute(new Float32Array([1, 2, 3]), (x) => {
      const square = graph.node('Multiply', [x, x]);
      return graph.node('Add', [square, graph.constant('f32', [1], new Float32Array([0.5]))]);
    });
    expect(result).toEqual([1.5, 4.5, 9.5]);
  });

  it('takes attributes of every kind', () => {
    const x = graph.parameter('f32', [1, 4, 8, 8], 'x');
    const weight = graph.constant('f32', [2, 4, 3, 3], new Float32Array(72));
    const convolved = graph.node('Convolution', [x, weight], {
      strides: [2, 2],
      pads_begin: [1, 1],
      pads_end: [1, 1],
      dilations: [1, 1],
      auto_pad: 'explicit',
    });
    expect(convolved.shape).toEqual([1, 2, 4, 4]);
    expect(graph.node('Convert', [x], { destination_type: 'f16' }).elementType).toBe('f16');
    const [values, indices] = graph.nodeOutputs(
      'TopK',
      [x, graph.constant('i64', [], new BigInt64Array([3n]))],
      { axis: 1, mode: 'max', sort: 'value', index_element_type: 'i32' },
    );
    expect([values?.shape, indices?.elementType]).toEqual([[1, 3, 8, 8], 'i32']);
  });

  it('folds what depends on constants only', async () => {
    const two = graph.constant('f32', [1], new Float32Array([2]));
    const folded = graph.fold(graph.node('Multiply', [graph.node('Add', [two, two]), two]));
    expect(await compute(new Float32Array([1, 2]), (x) => graph.node('Multiply', [x, folded]))).toEqual([
      8, 16,
    ]);
    expect(() => graph.fold(graph.node('Relu', [graph.parameter('f32', [1], 'x')]))).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });

  it('keeps weights in their smaller type, and says so in its file, with what it was told', async () => {
    const x = graph.parameter('f32', [2], 'x');
    const halves = graph.decompressed(graph.constant('f16', [2], new Uint16Array([0x3800, 0x3800])));
    const result = [{ output: graph.node('Multiply', [x, halves]), names: ['y'] }];
    const path = join(folder, 'halves');
    await graph.model([x], result, 'm', [['made', 'by', 'hand']]).serialize(`${path}.xml`, `${path}.bin`);
    const xml = await readFile(`${path}.xml`, 'utf8');
    expect(xml).toContain('decompression');
    expect(xml).toMatch(/<by value="hand" ?\/>/);
    expect((await readFile(`${path}.bin`)).length).toBe(4);
  });

  it.each<[string, () => unknown, string, string]>([
    ['an operation nobody knows', () => graph.node('Frobnicate', []), 'INVALID_ARGUMENT', 'Frobnicate'],
    [
      'an attribute the operation lacks',
      () => graph.node('Relu', [graph.parameter('f32', [1], 'x')], { slope: 1 }),
      'INVALID_ARGUMENT',
      "no attribute 'slope'",
    ],
    [
      'inputs that do not fit',
      () => graph.node('Add', [graph.parameter('f32', [2], 'x'), graph.parameter('f32', [3], 'y')]),
      'OPENVINO',
      'Argument shapes are inconsistent',
    ],
    [
      'a constant of another size than its data',
      () => graph.constant('f32', [3], new Float32Array(2)),
      'SHAPE_MISMATCH',
      'does not fit',
    ],
  ])('is refused with %s', (_, build, code, told) => {
    expect(build).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(told) as string }),
    );
  });
});

describe('an operation that plain JavaScript could crash the process with', () => {
  it.each([
    'ReadValue',
    'Assign',
    'TensorIterator',
    'Loop',
    'If',
    'Slice',
    'Parameter',
    'Constant',
    'Result',
  ])('is refused: %s', (operation) => {
    const x = graph.parameter('f32', [1], 'x');
    for (const inputs of [[], [x], [x, x]]) {
      expect(() => graph.nodeOutputs(operation, inputs, { variable_id: 'a' })).toThrow(
        expect.objectContaining({ code: 'UNSUPPORTED' }),
      );
    }
  });

  it.each([
    ['strides', [0, 1]],
    ['strides', [-1, 1]],
    ['dilations', [0, 0]],
    ['strides', [1.5, 1]],
    ['pads_begin', [2 ** 63, 0]],
  ])('is refused: %s of %j', (name, value) => {
    const x = graph.parameter('f32', [1, 4, 8, 8], 'x');
    const weight = graph.constant('f32', [2, 4, 3, 3], new Float32Array(72));
    const attributes = { strides: [1, 1], pads_begin: [0, 0], pads_end: [0, 0], dilations: [1, 1] };
    expect(() =>
      graph.node('Convolution', [x, weight], { ...attributes, auto_pad: 'explicit', [name]: value }),
    ).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it('is folded however deep and however often it is shared', () => {
    let output = graph.constant('f32', [1], new Float32Array([1]));
    for (let depth = 0; depth < 50_000; depth++) output = graph.node('Relu', [output]);
    for (let depth = 0; depth < 100; depth++) output = graph.node('Maximum', [output, output]);
    expect(graph.fold(output).shape).toEqual([1]);
  });
});

describe('a constant over a file', () => {
  it('is read from the file itself, and keeps it mapped', async () => {
    const path = join(folder, 'weights');
    await writeFile(path, new Float32Array([9, 10, 20, 30, 9]));
    const file = new MappedFile(path);
    expect(file.byteLength).toBe(20);
    expect([...new Float32Array(file.read(4, 4).buffer)]).toEqual([10]);
    const result = await compute(new Float32Array([1, 2, 3]), (x) => {
      const weights = graph.mappedConstant('f32', [3], file, 4);
      file.dispose();
      return graph.node('Multiply', [x, weights]);
    });
    expect(result).toEqual([10, 40, 90]);
    expect(() => file.byteLength).toThrow(expect.objectContaining({ code: 'DISPOSED' }));
  });

  it('is refused outside the file', async () => {
    const path = join(folder, 'short');
    await writeFile(path, new Float32Array(4));
    using file = new MappedFile(path);
    for (const offset of [4, 2 ** 40, -4]) {
      expect(() => graph.mappedConstant('f32', [4], file, offset)).toThrow(
        expect.objectContaining({ code: 'MODEL_CORRUPT' }),
      );
    }
    expect(() => graph.mappedConstant('f32', [4], file, 123456789)).toThrow('offset 123456789 lies outside');
    for (const offset of [0.5, 2, NaN]) {
      expect(() => graph.mappedConstant('f32', [1], file, offset)).toThrow(
        expect.objectContaining({ code: Number.isNaN(offset) ? 'MODEL_CORRUPT' : 'INVALID_ARGUMENT' }),
      );
    }
    expect(() => file.read(0.5, 1)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => file.read(10, 10)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it('needs a file', () => {
    expect(() => new MappedFile(join(folder, 'nowhere'))).toThrow(
      expect.objectContaining({ code: 'MODEL_NOT_FOUND' }),
    );
    expect(() => new MappedFile(folder)).toThrow('not a regular file');
  });
});
