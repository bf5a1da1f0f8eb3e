import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Core, graph, openvinoVersion, Tensor } from '../../lib/runtime/index.js';
import manifest from '../../package.json' with { type: 'json' };
import { scaling, slow } from '../support/small-models.js';

let core: Core;
let folder: string;

beforeAll(async () => {
  core = new Core();
  folder = await mkdtemp(join(tmpdir(), 'native-core-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('the runtime', () => {
  it('is the pinned version', () => {
    expect(openvinoVersion()).toMatch(new RegExp(`^${manifest.openvino.version.replaceAll('.', '\\.')}-`));
  });

  it('has a CPU and tells what it can do', async () => {
    expect(await core.availableDevices()).toContain('CPU');
    expect(await core.getProperty('CPU', 'OPTIMIZATION_CAPABILITIES')).toContain('FP32');
    expect(await core.getProperty('CPU', 'FULL_DEVICE_NAME')).toMatch(/\w/);
  });

  it('takes properties and gives them back as their own types', async () => {
    const own = new Core();
    await own.setProperty('CPU', { INFERENCE_NUM_THREADS: 1, ENABLE_CPU_PINNING: false });
    expect(await own.getProperty('CPU', 'INFERENCE_NUM_THREADS')).toBe(1);
    expect(await own.getProperty('CPU', 'ENABLE_CPU_PINNING')).toBe(false);
  });

  it('refuses a property or a device it does not know, in its own words', async () => {
    await expect(core.setProperty('CPU', { NO_SUCH_PROPERTY: 1 })).rejects.toMatchObject({
      code: 'OPENVINO',
      message: expect.stringContaining('NO_SUCH_PROPERTY') as string,
    });
    await expect(core.compileModel(scaling(2), { device: 'TOASTER' })).rejects.toMatchObject({
      code: 'OPENVINO',
      message: expect.stringContaining('TOASTER') as string,
    });
  });
});

describe('a model', () => {
  it('names its ports, their types and their shapes', () => {
    const x = graph.parameter('f32', [-1, 4, [1, 8]], 'x');
    const model = graph.model([x], [{ output: graph.node('Relu', [x]), names: ['b', 'a'] }], 'm');
    expect(model.inputs).toEqual([{ names: ['x'], elementType: 'f32', shape: [-1, 4, [1, 8]] }]);
    expect(model.outputs[0]).toMatchObject({ names: ['a', 'b'], elementType: 'f32' });
  });

  it('is written to disk and read back', async () => {
    const xml = join(folder, 'scaling.xml');
    await scaling(3).serialize(xml, join(folder, 'scaling.bin'));
    const read = await core.readModel(xml);
    expect(read.inputs).toEqual(scaling(3).inputs);
  });

  it('is read with the weights beside it, whatever dots its path has', async () => {
    const dotted = join(folder, 'v1.5 a\u0308.d');
    await mkdir(dotted);
    for (const name of ['network', '.hidden', 'two.parts']) {
      await slow(8, 2).serialize(join(dotted, `${name}.xml`), join(dotted, `${name}.bin`));
      await expect(core.readModel(join(dotted, `${name}.xml`))).resolves.toBeDefined();
      await rm(join(dotted, `${name}.bin`));
      await expect(core.readModel(join(dotted, `${name}.xml`))).rejects.toMatchObject({ code: 'OPENVINO' });
    }
  });

  it.runIf(process.platform === 'linux')('is not written to a full disk in silence', async () => {
    const full = '/dev/full';
    const other = join(folder, 'other');
    await expect(slow(64, 2).serialize(other, full)).rejects.toMatchObject({ code: 'SAVE_FAILED' });
    await expect(slow(64, 2).serialize(full, other)).rejects.toMatchObject({ code: 'SAVE_FAILED' });
    await expect(slow(8, 2).serialize(join(folder, 'no/folder.xml'), other)).rejects.toMatchObject({
      code: 'SAVE_FAILED',
      message: expect.stringContaining('no/folder.xml') as string,
    });
  });

  it('is reshaped by port name, and again', async () => {
    const model = scaling(2);
    await model.reshape({ x: [2, 4] });
    expect(model.inputs[0]?.shape).toEqual([2, 4]);
    expect(model.outputs[0]?.shape).toEqual([2, 4]);
    await model.reshape({ x: [[1, 5], 4] });
    expect(model.outputs[0]?.shape).toEqual([[1, 5], 4]);
  });

  it('names its inputs when asked for one it does not have', async () => {
    await expect(scaling(2).reshape({ y: [1] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: "The model has no input 'y'; its inputs are 'x'",
    });
  });

  it('refuses shapes the network cannot take, and stays as it was', async () => {
    const x = graph.parameter('f32', [2, 4], 'x');
    const weight = graph.constant('f32', [4, 3], new Float32Array(12));
    const product = graph.node('MatMul', [x, weight], { transpose_a: false, transpose_b: false });
    const model = graph.model([x], [{ output: product, names: ['y'] }], 'm');
    await expect(model.reshape({ x: [2, 5] })).rejects.toMatchObject({ code: 'OPENVINO' });
    expect(model.inputs[0]?.shape).toEqual([2, 4]);
    await expect(core.compileModel(model)).resolves.toBeDefined();
  });

  it.each([
    [
      'XML cut short',
      async () => {
        const xml = join(folder, 'cut.xml');
        await scaling(3).serialize(xml, join(folder, 'cut.bin'));
        await truncate(xml, 200);
        return xml;
      },
    ],
    [
      'weights cut short',
      async () => {
        const xml = join(folder, 'short.xml');
        await slow(8, 2).serialize(xml, join(folder, 'short.bin'));
        await truncate(join(folder, 'short.bin'), 10);
        return xml;
      },
    ],
    [
      'something else than XML',
      async () => {
        const xml = join(folder, 'text.xml');
        await writeFile(xml, 'not a network');
        return xml;
      },
    ],
  ])('is refused with a code: %s', async (_, make) => {
    await expect(core.readModel(await make())).rejects.toMatchObject({
      code: 'OPENVINO',
      cause: expect.any(Error) as Error,
    });
  });

  it('is not found where its file is not', async () => {
    await expect(core.readModel(join(folder, 'none.xml'))).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  });

  it('computes the same while and after its weights are let go of memory', async () => {
    const xml = join(folder, 'let-go.xml');
    await slow(64, 2).serialize(xml, join(folder, 'let-go.bin'));
    const model = await core.readModel(xml);
    const compute = async (): Promise<Float32Array> => {
      const compiled = await core.compileModel(model, { properties: { INFERENCE_PRECISION_HINT: 'f32' } });
      const request = await compiled.createInferRequest();
      request.setInput('x', new Tensor('f32', [64, 64], new Float32Array(64 * 64).fill(1)));
      await request.infer();
      return request.getOutput('y').data.slice();
    };
    const first = await compute();
    const [second, third] = await Promise.all([compute(), compute()]);
    expect(first.some((value) => value !== 0)).toBe(true);
    expect(second).toEqual(first);
    expect(third).toEqual(first);
  });

  it('cannot be compiled once disposed, but what was compiled lives on', async () => {
    const model = scaling(2);
    const compiled = await core.compileModel(model);
    model.dispose();
    await expect(core.compileModel(model)).rejects.toMatchObject({ code: 'DISPOSED' });
    await expect(compiled.createInferRequest()).resolves.toBeDefined();
  });
});

describe('compilation', () => {
  it('takes shapes and element types of its own and leaves the model as it is', async () => {
    const model = scaling(2);
    const compiled = await core.compileModel(model, { shapes: { x: [3, 4] } });
    expect(compiled.inputs[0]?.shape).toEqual([3, 4]);
    expect(model.inputs[0]?.shape).toEqual([-1, 4]);

    const ids = graph.parameter('i64', [2], 'ids');
    const converted = graph.node('Convert', [ids], { destination_type: 'f32' });
    const retyped = await core.compileModel(graph.model([ids], [{ output: converted, names: ['y'] }], 'm'), {
      elementTypes: { ids: 'f32' },
    });
    expect(retyped.inputs[0]?.elementType).toBe('f32');
  });

  it('tells the precision it was done in', async () => {
    const compiled = await core.compileModel(scaling(2), { properties: { INFERENCE_PRECISION_HINT: 'f32' } });
    expect(compiled.getProperty('INFERENCE_PRECISION_HINT')).toBe('f32');
  });

  it('lets the event loop turn', async () => {
    let ticks = 0;
    const interval = setInterval(() => ticks++, 1);
    const model = slow(256, 60);
    ticks = 0;
    await core.compileModel(model);
    clearInterval(interval);
    expect(ticks).toBeGreaterThan(1);
  });

  it('keeps what it compiled in CACHE_DIR and takes it from there', async () => {
    const properties = { CACHE_DIR: join(folder, 'cache') };
    const xml = join(folder, 'cached.xml');
    await slow(64, 4).serialize(xml, join(folder, 'cached.bin'));
    const first = await core.compileModel(await core.readModel(xml), { properties });
    const second = await core.compileModel(await core.readModel(xml), { properties });
    expect(first.getProperty('LOADED_FROM_CACHE')).toBe(false);
    expect(second.getProperty('LOADED_FROM_CACHE')).toBe(true);
  });
});
