import { afterEach, describe, expect, it, vi } from 'vitest';

import { compileSettings } from '../../../lib/pipelines/compile-settings.js';
import { machine, sharedCore } from '../../support/fake-runtime.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

afterEach(() => {
  sharedCore().capabilities = ['FP32'];
});

describe('compile settings', () => {
  it('are for low latency on the CPU, in the precision that OpenVINO chooses', async () => {
    const { core, device, properties, maxCompiledShapes } = await compileSettings({});
    expect(core).toBe(sharedCore());
    expect({ device, properties, maxCompiledShapes }).toEqual({
      device: 'CPU',
      properties: { PERFORMANCE_HINT: 'LATENCY' },
      maxCompiledShapes: 2,
    });
  });

  it('are for bf16 on a processor that computes it natively', async () => {
    sharedCore().capabilities = ['FP32', 'INT8', 'BF16'];
    const { properties } = await compileSettings({});
    expect(properties.INFERENCE_PRECISION_HINT).toBe('bf16');
  });

  it('leave the precision of other devices to OpenVINO', async () => {
    sharedCore().capabilities = ['BF16'];
    const { device, properties } = await compileSettings({ device: 'GPU' });
    expect(device).toBe('GPU');
    expect(properties).not.toHaveProperty('INFERENCE_PRECISION_HINT');
  });

  it('keep to a container’s processors, unless OpenVINO’s own property says otherwise', async () => {
    machine.threads = 3;
    const { properties } = await compileSettings({});
    const asked = await compileSettings({ ovConfig: { INFERENCE_NUM_THREADS: 8 } });
    machine.threads = undefined;
    expect(properties.INFERENCE_NUM_THREADS).toBe(3);
    expect(asked.properties.INFERENCE_NUM_THREADS).toBe(8);
  });

  it('take what the options say', async () => {
    sharedCore().capabilities = ['BF16'];
    const { properties, maxCompiledShapes } = await compileSettings({
      inferencePrecision: 'f32',
      cacheDir: '/tmp/cache',
      maxCompiledShapes: 5,
    });
    expect(maxCompiledShapes).toBe(5);
    expect(properties).toEqual({
      PERFORMANCE_HINT: 'LATENCY',
      INFERENCE_PRECISION_HINT: 'f32',
      CACHE_DIR: '/tmp/cache',
    });
  });

  it('give way to OpenVINO’s own properties', async () => {
    const ovConfig = {
      PERFORMANCE_HINT: 'THROUGHPUT',
      INFERENCE_PRECISION_HINT: 'f16',
      CACHE_DIR: '/b',
    } as const;
    const { properties } = await compileSettings({ inferencePrecision: 'f32', cacheDir: '/a', ovConfig });
    expect(properties).toEqual(ovConfig);
  });

  it('have a queue for the networks of one pipeline', async () => {
    expect((await compileSettings({})).queue).not.toBe((await compileSettings({})).queue);
  });
});
