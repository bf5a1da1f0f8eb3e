import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { WEIGHT_FORMATS, type WeightFormat } from '../../../../lib/models/index.js';
import { WeightStore } from '../../../../lib/models/weights/weight-store.js';
import { graph, sharedCore, Tensor } from '../../../../lib/runtime/index.js';

/** Values that every type here holds, and their bytes in those that JavaScript has no arrays of. */
const VALUES = [0.5, -2, 1.5, 0, 448, -0.015625, 1, 3];
const BYTES: Record<string, Uint8Array> = {
  F64: new Uint8Array(Float64Array.from(VALUES).buffer),
  F32: new Uint8Array(Float32Array.from(VALUES).buffer),
  // From torch: torch.tensor(VALUES).to(torch.float8_e4m3fn).view(torch.uint8), and float8_e5m2 with 448 exact too.
  F8_E4M3: Uint8Array.of(0x30, 0xc0, 0x3c, 0x00, 0x7e, 0x88, 0x38, 0x44),
  F8_E5M2: Uint8Array.of(0x38, 0xc0, 0x3e, 0x00, 0x5f, 0xa4, 0x3c, 0x42),
};
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stored-types-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function file(type: string, bytes: Uint8Array, pad = ''): Promise<string> {
  const header = {
    __metadata__: { pad },
    'layer.weight': { dtype: type, shape: [2, 4], data_offsets: [0, bytes.length] },
  };
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const path = join(folder, `${type}${pad.length}.safetensors`);
  await writeFile(path, Buffer.concat([length, text, bytes]));
  return path;
}

/** The weights as a network sees them. */
async function read(path: string, format: WeightFormat): Promise<number[]> {
  using store = new WeightStore({ files: [path], format }, folder);
  const input = graph.parameter('f32', [2, 4], 'x');
  const weight = store.root.at('layer').matrix('weight', [2, 4]);
  store.finish();
  using model = graph.model([input], [{ output: graph.node('Add', [input, weight]), names: ['y'] }], 'm');
  await store.convert();
  await using compiled = await sharedCore().compileModel(model, {
    properties: { INFERENCE_PRECISION_HINT: 'f32' },
  });
  await using request = await compiled.createInferRequest();
  request.setInput('x', new Tensor('f32', [2, 4], new Float32Array(8)));
  await request.infer();
  using output = request.getOutput('y');
  return [...output.data];
}

describe.each(Object.entries(BYTES))('weights stored as %s', (type, bytes) => {
  it.each(WEIGHT_FORMATS.filter((format) => format !== 'int8'))(
    'are read with their values: %s',
    async (format) => {
      expect(await read(await file(type, bytes), format)).toEqual(VALUES);
    },
  );

  it('are read where a header of odd length leaves them unaligned', async () => {
    for (const pad of ['', 'a', 'bc', 'def', 'ghij']) {
      expect(await read(await file(type, bytes, pad), 'stored')).toEqual(VALUES);
    }
  });

  it('are quantised to int8', async () => {
    const [half, ...others] = await read(await file(type, bytes), 'int8');
    expect(half).toBeCloseTo(0.5, 1);
    expect(others[3]).toBeCloseTo(448, 0);
  });
});

describe('weights stored as another type', () => {
  it('are refused by its name', async () => {
    const path = await file('I16', new Uint8Array(16));
    await expect(read(path, 'stored')).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('layer.weight is stored as I16; supported are F64, F32') as string,
    });
  });
});
