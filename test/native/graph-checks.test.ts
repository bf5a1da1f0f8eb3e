import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { Core, graph, Tensor, type GraphOutput } from '../../lib/runtime/index.js';
import { GRAPH_OPERATIONS } from '../fuzz/targets/graph-nodes.js';

const integers = (values: readonly number[], shape: readonly number[] = [values.length]): GraphOutput =>
  graph.constant('i64', shape, BigInt64Array.from(values, BigInt));
const scalar = (value: number): GraphOutput => integers([value], []);
const numbers = (shape: readonly number[]): GraphOutput =>
  graph.constant('f32', shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
const x = (...shape: number[]): GraphOutput => graph.parameter('f32', shape, 'x');
const computed = (...shape: number[]): GraphOutput => graph.parameter('i64', shape, 'computed');

const refusal = expect.objectContaining({ code: 'INVALID_ARGUMENT' }) as unknown;

describe('a node that OpenVINO would divide by zero, leave its memory or never end with', () => {
  it.each<[string, () => unknown]>([
    ['Gather from no rows', () => graph.node('Gather', [x(0, 4), computed(2), scalar(0)])],
    ['Gather beyond the rows', () => graph.node('Gather', [x(3, 4), integers([3]), scalar(0)])],
    ['Gather along a computed axis', () => graph.node('Gather', [x(3, 4), integers([0]), computed()])],
    [
      'Gather in batches of short rows',
      () => graph.node('Gather', [x(1, 16, 2, 4), computed(1, 1), scalar(1)], { batch_dims: 1 }),
    ],
    [
      'FakeQuantize with computed ranges',
      () => graph.node('FakeQuantize', [x(4), x(1), x(1), x(1), x(1)], { levels: 256 }),
    ],
    [
      'AvgPool over a huge kernel',
      () => graph.node('AvgPool', [x(1, 1, 8, 8)], { ...POOL, kernel: [2 ** 31 - 1, 1] }),
    ],
    ['Range by computed steps', () => graph.node('Range', [scalar(0), scalar(1), computed()], RANGE)],
    ['Range to a computed end', () => graph.node('Range', [scalar(0), computed(), scalar(1)], RANGE)],
    ['Range to a huge end', () => graph.node('Range', [scalar(0), scalar(2 ** 50), scalar(1)], RANGE)],
    ['Broadcast to a computed shape', () => graph.node('Broadcast', [x(1, 4), computed(2)])],
    ['Broadcast of unknown dimensions', () => graph.node('Broadcast', [x(-1, 4), integers([3, 4])])],
    ['Broadcast to no shape', () => graph.node('Broadcast', [x(), integers([])])],
    ['ReduceSum over computed axes', () => graph.node('ReduceSum', [x(), computed(1)])],
    ['Pad of a free scalar by no constants', () => graph.node('Pad', [x(), computed(0), computed(0)], PAD)],
    [
      'StridedSlice by computed steps',
      () => graph.node('StridedSlice', [x(3, 4), integers([0]), integers([2]), computed(1)], MASKS),
    ],
    ['TopK of more than there are', () => graph.nodeOutputs('TopK', [numbers([1, 2]), scalar(3)], TOP_K)],
    ['FloorMod by computed whole numbers', () => graph.node('FloorMod', [computed(2), computed(2)])],
    ['Divide by whole zeros', () => graph.node('Divide', [integers([1]), integers([0])])],
    ['a tensor of 2^80 elements', () => graph.node('Relu', [x(2 ** 40, 2 ** 40)])],
  ])('is refused: %s', (_, build) => {
    expect(build).toThrow(refusal);
  });

  it.each(['Tile', 'PRelu', 'Mod', 'NormalizeL2', 'CumSum', 'ScatterNDUpdate'])(
    'is refused as an operation that no network here needs: %s',
    (operation) => {
      expect(() => graph.nodeOutputs(operation, [x(2), integers([1])])).toThrow(
        expect.objectContaining({ code: 'UNSUPPORTED' }),
      );
    },
  );

  it('is refused when only the shapes it is compiled for make it one', async () => {
    const ids = computed(2);
    const rows = x(-1, 4);
    using model = graph.model(
      [rows, ids],
      [{ output: graph.node('Gather', [rows, ids, scalar(0)]), names: ['y'] }],
      'm',
    );
    await expect(new Core().compileModel(model, { shapes: { x: [0, 4] } })).rejects.toEqual(refusal);
    await using compiled = await new Core().compileModel(model);
    await using request = await compiled.createInferRequest();
    expect(() => {
      request.setInput('x', new Tensor('f32', [0, 4]));
    }).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
  });
});

describe('numbers that say what a node does', () => {
  it('may be computed of shapes', async () => {
    const images = x(-1, 3);
    const count = graph.node('Gather', [
      graph.node('ShapeOf', [images], { output_type: 'i64' }),
      scalar(0),
      scalar(0),
    ]);
    const target = graph.node('Concat', [graph.node('Unsqueeze', [count, integers([0])]), integers([2])], {
      axis: 0,
    });
    const token = graph.constant('f32', [1, 2], Float32Array.of(5, 6));
    const outputs = [
      graph.node('Range', [scalar(0), count, scalar(1)], RANGE),
      graph.node('Broadcast', [token, target], { mode: 'numpy' }),
    ];
    using model = graph.model(
      [images],
      outputs.map((output, index) => ({ output, names: [`y${index}`] })),
      'm',
    );
    await using compiled = await new Core().compileModel(model);
    await using request = await compiled.createInferRequest();
    request.setInput('x', new Tensor('f32', [3, 3]));
    await request.infer();
    expect([...request.getOutput<'i64'>('y0').data]).toEqual([0n, 1n, 2n]);
    expect([...request.getOutput('y1').data]).toEqual([5, 6, 5, 6, 5, 6]);
  });
});

it('tries every operation that networks can be built of: npm run fuzz -- --target graph', () => {
  const source = readFileSync(join(import.meta.dirname, '../../native/graph/operations.cc'), 'utf8');
  const allowed = [...source.matchAll(/^ {6}"(\w+)",$/gm)].map(([, name]) => name!);
  expect(allowed.length).toBeGreaterThan(60);
  expect([...GRAPH_OPERATIONS].sort()).toEqual(allowed.sort());
});

const POOL = {
  strides: [1, 1],
  pads_begin: [0, 0],
  pads_end: [0, 0],
  auto_pad: 'same_lower',
  'exclude-pad': false,
} as const;
const RANGE = { output_type: 'i64' } as const;
const PAD = { pad_mode: 'reflect' } as const;
const MASKS = { begin_mask: [0], end_mask: [0] } as const;
const TOP_K = { axis: 1, mode: 'max', sort: 'value', index_element_type: 'i32' } as const;
