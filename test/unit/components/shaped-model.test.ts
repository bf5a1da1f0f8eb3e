import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { InferenceError } from '../../../lib/common/errors.js';
import { ShapedModel, type CompileSettings } from '../../../lib/components/shaped-model.js';
import { HeldFiles, type NetworkSource } from '../../../lib/models/index.js';
import { Tensor } from '../../../lib/runtime/index.js';
import { fakeSettings, fakeSource } from '../../support/fake-components.js';
import { FakeNetwork, port } from '../../support/fake-network.js';
import { Model } from '../../support/fake-runtime.js';
import { isSettled, settled } from '../../support/hold.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const of = (size: number) => ({ x: [1, size] });

function network(): FakeNetwork {
  return new FakeNetwork([port('x', [1, -1])], [port('y', [1, -1])], ({ x }) => ({
    y: { shape: x!.shape, data: Float32Array.from(x!.data as Float32Array) },
  }));
}

async function shaped(own: FakeNetwork, overrides: Partial<CompileSettings> = {}): Promise<ShapedModel> {
  return ShapedModel.read(fakeSource('unet', own), fakeSettings(overrides));
}

describe('a network compiled on demand', () => {
  it('is compiled once for each of its shapes', async () => {
    const own = network();
    await using model = await shaped(own);
    await Promise.all([model.compile(of(1)), model.compile(of(1)), model.compile(of(2))]);
    const [first, again] = [await model.acquire(of(1)), await model.acquire(of(1))];
    expect(own.compiledShapes).toEqual([of(1), of(2)]);
    expect(first.request).toBe(again.request);
    first.release();
    again.release();
  });

  it('takes device, properties and element types from its settings', async () => {
    const own = network();
    const properties = { PERFORMANCE_HINT: 'LATENCY' } as const;
    const settings = fakeSettings({ device: 'GPU', properties });
    await using model = await ShapedModel.read(fakeSource('unet', own), settings, { x: 'f16' });
    await model.compile(of(1));
    expect(own.compilations).toEqual([
      { device: 'GPU', properties, shapes: of(1), elementTypes: { x: 'f16' } },
    ]);
  });

  it('has a shape from the moment its compilation starts', async () => {
    const own = network();
    await using model = await shaped(own);
    const hold = own.holdCompilation();
    expect(model.has(of(1))).toBe(false);
    const compiling = model.compile(of(1));
    expect(model.has(of(1))).toBe(true);
    hold.release();
    await compiling;
    expect(model.has(of(1))).toBe(true);
    expect(model.has(of(2))).toBe(false);
  });

  it('reports the precision that the device chose, once something is compiled', async () => {
    const own = network();
    own.precision = () => 'bf16';
    await using model = await shaped(own, { properties: { INFERENCE_PRECISION_HINT: 'f16' } });
    expect(model.inferencePrecision).toBeUndefined();
    await model.compile(of(1));
    expect(model.inferencePrecision).toBe('bf16');
  });
});

describe('the memory that weights take', () => {
  it.each([
    ['f32', 4],
    ['bf16', 2],
    [undefined, 2],
  ] as const)('is of the precision asked for, %s: %d bytes each', async (precision, bytes) => {
    const own = network();
    own.weightElements = 1000;
    const properties = precision ? { INFERENCE_PRECISION_HINT: precision } : {};
    await using model = await shaped(own, { properties });
    expect(model.elementBytes).toBe(bytes);
    expect(model.weightBytes(of(1))).toBe(1000 * bytes);
  });

  it('is none for a shape that is compiled', async () => {
    const own = network();
    own.weightElements = 1000;
    await using model = await shaped(own);
    await model.compile(of(1));
    expect(model.weightBytes(of(1))).toBe(0);
    expect(model.weightBytes(of(2))).toBe(2000);
  });
});

describe('what is kept compiled', () => {
  it('is the shapes used last, as many as the settings say', async () => {
    const own = network();
    await using model = await shaped(own, { maxCompiledShapes: 2 });
    await model.compile(of(1));
    await model.compile(of(2));
    await model.compile(of(1));
    await model.compile(of(3));
    expect([1, 2, 3].map((size) => model.has(of(size)))).toEqual([true, false, true]);
    await settled();
    expect(own.alive).toMatchObject({ compiledModels: 2, requests: 2 });
  });

  it('includes a variant in use, which is freed once it is released and others were used since', async () => {
    const own = network();
    await using model = await shaped(own, { maxCompiledShapes: 1 });
    const pinned = await model.acquire(of(1));
    await model.compile(of(2));
    await model.compile(of(3));
    await settled();
    expect(own.alive.compiledModels).toBe(2);
    pinned.request.setInput('x', new Tensor('f32', [1, 1], new Float32Array([7])));
    await pinned.request.infer();
    expect([...pinned.request.getOutput('y').data]).toEqual([7]);
    pinned.release();
    await settled();
    expect(own.alive).toMatchObject({ compiledModels: 1, requests: 1 });
  });

  it('includes a variant until the last of its users has released it, each once', async () => {
    const own = network();
    await using model = await shaped(own, { maxCompiledShapes: 1 });
    const [first, second] = [await model.acquire(of(1)), await model.acquire(of(1))];
    await model.compile(of(2));
    first.release();
    first.release();
    await settled();
    expect(own.alive.compiledModels).toBe(2);
    second.release();
    await settled();
    expect(own.alive.compiledModels).toBe(1);
  });

  it('is compiled anew after it was evicted', async () => {
    const own = network();
    await using model = await shaped(own, { maxCompiledShapes: 1 });
    for (const size of [1, 2, 1]) (await model.acquire(of(size))).release();
    expect(own.compiledShapes).toEqual([of(1), of(2), of(1)]);
  });
});

describe('keepOnly', () => {
  it('frees every other shape before it resolves', async () => {
    const own = network();
    await using model = await shaped(own);
    await model.compile(of(1));
    await model.compile(of(2));
    await model.keepOnly(of(2));
    expect(own.alive).toMatchObject({ compiledModels: 1, requests: 1 });
    expect([1, 2].map((size) => model.has(of(size)))).toEqual([false, true]);
  });

  it('waits for a shape that is in use', async () => {
    const own = network();
    await using model = await shaped(own);
    const pinned = await model.acquire(of(1));
    const keeping = model.keepOnly(of(2));
    expect(await isSettled(keeping)).toBe(false);
    pinned.release();
    await keeping;
    expect(own.alive.compiledModels).toBe(0);
  });
});

describe('a compilation that fails', () => {
  it('is forgotten and tried again by the next call', async () => {
    const own = network();
    await using model = await shaped(own);
    const failure = new InferenceError('OUT_OF_MEMORY', 'too large');
    own.failCompilation(failure);
    await expect(model.acquire(of(1))).rejects.toBe(failure);
    expect(model.has(of(1))).toBe(false);
    (await model.acquire(of(1))).release();
    expect(own.compilations).toHaveLength(2);
  });

  it('reaches every caller that waits for it, and holds nothing', async () => {
    const own = network();
    const model = await shaped(own);
    const failure = new InferenceError('OPENVINO', 'no such layer');
    own.failCompilation(failure);
    const results = await Promise.allSettled([model.acquire(of(1)), model.compile(of(1))]);
    expect(results).toEqual([
      { status: 'rejected', reason: failure },
      { status: 'rejected', reason: failure },
    ]);
    await model.dispose();
    expect(own.isFreed).toBe(true);
  });

  it('frees the compiled network when no request can be made of it', async () => {
    const own = network();
    await using model = await shaped(own);
    const failure = new InferenceError('OPENVINO', 'unknown property');
    own.precision = () => {
      throw failure;
    };
    await expect(model.compile(of(1))).rejects.toBe(failure);
    expect(own.alive.compiledModels).toBe(0);
  });
});

describe('a disposed network', () => {
  it('waits for its users and its compilations, and frees all', async () => {
    const own = network();
    const model = await shaped(own);
    const pinned = await model.acquire(of(1));
    const hold = own.holdCompilation();
    const compiling = model.compile(of(2));
    const disposal = model.dispose();
    pinned.release();
    expect(await isSettled(disposal)).toBe(false);
    hold.release();
    await compiling;
    await disposal;
    expect(own.isFreed).toBe(true);
  });

  it('refuses to compile', async () => {
    const own = network();
    const model = await shaped(own);
    await model.dispose();
    await expect(model.acquire(of(1))).rejects.toMatchObject({ code: 'DISPOSED' });
    await expect(model.compile(of(1))).rejects.toMatchObject({ code: 'DISPOSED' });
    expect(own.compilations).toEqual([]);
  });
});

describe('files of weights', () => {
  let path: string;

  beforeEach(async () => {
    path = join(await mkdtemp(join(tmpdir(), 'shaped-model-')), 'weights.bin');
    await writeFile(path, 'weights');
  });

  afterEach(async () => {
    await rm(dirname(path), { recursive: true });
  });

  const readFrom = (own: FakeNetwork, changes: Partial<NetworkSource> = {}) => {
    const files = new HeldFiles([path]);
    const reading = ShapedModel.read({ ...fakeSource('unet', own), files, ...changes }, fakeSettings());
    return { files, reading };
  };
  const refusal = { code: 'MODEL_CORRUPT', message: expect.stringContaining('has changed since') as string };

  it('that were written to are refused before a compilation', async () => {
    const own = network();
    await using model = await readFrom(own).reading;
    await appendFile(path, 'more');
    await expect(model.compile(of(1))).rejects.toMatchObject(refusal);
    expect(own.compilations).toEqual([]);
  });

  it('that are written to during a compilation leave nothing of it', async () => {
    const own = network();
    await using model = await readFrom(own).reading;
    const hold = own.holdCompilation();
    const compiling = model.compile(of(1));
    await hold.reached;
    await appendFile(path, 'more');
    hold.release();
    await expect(compiling).rejects.toMatchObject(refusal);
    await settled();
    expect(own.alive).toMatchObject({ compiledModels: 0, requests: 0 });
    expect(model.has(of(1))).toBe(false);
  });

  it('are compared for whoever has acquired the network', async () => {
    await using model = await readFrom(network()).reading;
    const variant = await model.acquire(of(1));
    variant.verifyFiles();
    await appendFile(path, 'more');
    expect(() => {
      variant.verifyFiles();
    }).toThrow(expect.objectContaining(refusal));
    variant.release();
  });

  it('that are replaced while they are read free the network', async () => {
    const own = network();
    const open = async () => {
      await writeFile(`${path}.new`, 'others');
      await rename(`${path}.new`, path);
      return new Model(own) as never;
    };
    await expect(readFrom(own, { open }).reading).rejects.toMatchObject(refusal);
    expect(own.isFreed).toBe(true);
  });

  it('are held until the network is disposed, once, and not where it cannot be read', async () => {
    const { files, reading } = readFrom(network());
    const release = vi.spyOn(files, 'release');
    const model = await reading;
    await Promise.all([model.dispose(), model.dispose()]);
    expect(release).toHaveBeenCalledTimes(1);
    const broken = readFrom(network(), { open: () => Promise.reject(new Error('no')) });
    const releaseBroken = vi.spyOn(broken.files, 'release');
    await expect(broken.reading).rejects.toThrow('no');
    expect(releaseBroken).toHaveBeenCalledTimes(1);
  });
});
