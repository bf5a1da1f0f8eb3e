import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { WeightStore } from '../../../../lib/models/weights/weight-store.js';
import { graph, sharedCore, Tensor, type Model } from '../../../../lib/runtime/index.js';
import { writeTensors, type StoredTensors } from '../../../support/checkpoints.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beyond-float16-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const bytes = (data: Float32Array | Uint16Array): Uint8Array => new Uint8Array(data.buffer);
const float32 = (values: number[]) => ({
  dtype: 'F32',
  shape: [2, 2],
  data: bytes(Float32Array.from(values)),
});
/** 1 and 2 ** 17, which float16 does not hold. */
const bfloat16 = {
  dtype: 'BF16',
  shape: [2, 2],
  data: bytes(Uint16Array.of(0x3f80, 0x4800, 0x3f80, 0x3f80)),
};

function network(store: WeightStore): Model {
  const x = graph.parameter('f32', [1, 2], 'x');
  let output = x;
  for (const name of ['a', 'b', 'c']) {
    output = graph.node('MatMul', [output, store.root.matrix(name, [2, 2])], {
      transpose_a: false,
      transpose_b: true,
    });
  }
  return graph.model([x], [{ output, names: ['y'] }], 'network');
}

async function infer(model: Model, values: number[]): Promise<number[]> {
  const compiled = await sharedCore().compileModel(model, {
    properties: { INFERENCE_PRECISION_HINT: 'f32' },
  });
  await using request = await compiled.createInferRequest();
  request.setInput('x', new Tensor('f32', [1, 2], Float32Array.from(values)));
  await request.infer();
  return [...request.getOutput('y').data];
}

describe('weights beyond the range of float16', () => {
  it('stay in float32 while the others are converted', async () => {
    const tensors: StoredTensors = new Map([
      ['a', float32([1, 0, 0, 1e-9])],
      ['b', float32([100000, 0, 0, 1])],
      ['c', bfloat16],
    ]);
    const path = await writeTensors(join(folder, 'beyond.safetensors'), tensors);
    using store = new WeightStore({ files: [path], format: 'fp16' }, folder);
    network(store).dispose();
    expect(await store.convert()).toBe(false);
    using model = network(store);
    store.finish();
    expect(await store.convert()).toBe(true);
    // 1e-9 is nothing in float16; 100000 and 2 ** 17 are infinite.
    expect(await infer(model, [1, 1])).toEqual([100000, 100000]);
    expect(await infer(model, [0, 1])).toEqual([0, 0]);
  });

  it.each([NaN, Infinity])('are refused by name where they are %d', async (value) => {
    for (const format of ['fp16', 'int8'] as const) {
      const tensors = new Map([
        ['a', float32([1, 0, 0, 1])],
        ['b', float32([1, value, 0, 1])],
        ['c', bfloat16],
      ]);
      const path = await writeTensors(join(folder, `${value}-${format}.safetensors`), tensors);
      using store = new WeightStore({ files: [path], format }, folder);
      using model = network(store);
      expect(model.inputs).toHaveLength(1);
      await expect(store.convert()).rejects.toMatchObject({
        code: 'MODEL_CORRUPT',
        message: expect.stringContaining("'b'") as string,
      });
    }
  });
});
