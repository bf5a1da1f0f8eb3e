import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { exportPipeline, type ExportOptions } from '../../../lib/models/index.js';
import { saveExport } from '../../../lib/pipelines/index.js';
import { sharedCore } from '../../../lib/runtime/index.js';
import { errorOf, FIXTURES, readCase } from '../../support/reference-case.js';

let work: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'weight-formats-'));
});

afterAll(async () => {
  await rm(work, { recursive: true });
});

/** Exports, saves and reads back; the UNet's error against diffusers, and the size of its weights. */
async function saved(pipeline: string, options: ExportOptions): Promise<{ error: number; bytes: number }> {
  const target = join(await mkdtemp(join(work, 'case-')), 'exported');
  await saveExport(await exportPipeline(join(FIXTURES, pipeline), options), target);
  using model = await sharedCore().readModel(join(target, 'unet', 'openvino_model.xml'));
  const reference = await readCase(pipeline, 'unet', 'expected-8x8.json');
  await model.reshape(
    Object.fromEntries(Object.entries(reference.inputs).map(([name, { shape }]) => [name, shape])),
  );
  const { size } = await stat(join(target, 'unet', 'openvino_model.bin'));
  return { error: await errorOf(model, reference), bytes: size };
}

describe('weights saved', () => {
  it.each(['sd1', 'sd2', 'sdxl'])('as they are stored give the same numbers (%s)', async (pipeline) => {
    const { error } = await saved(pipeline, {});
    expect(error).toBeLessThanOrEqual(1e-5);
  });

  it('as fp32 are twice as large as in fp16, and as exact as they were', async () => {
    const { bytes: stored } = await saved('sd1', { weightFormat: 'stored' });
    const { error, bytes } = await saved('sd1', { weightFormat: 'fp32' });
    expect(error).toBeLessThanOrEqual(1e-5);
    expect(bytes / stored).toBeGreaterThan(1.8);
  });

  it('as fp16 take half the room and lose what fp16 loses', async () => {
    const { bytes: stored } = await saved('sd2', { weightFormat: 'stored' });
    const { error, bytes } = await saved('sd2', { weightFormat: 'fp16' });
    expect(bytes / stored).toBeLessThan(0.6);
    expect(error).toBeGreaterThan(1e-6);
    expect(error).toBeLessThan(2e-3);
  });

  it('as int8 take less still, within the rounding of 127 steps', async () => {
    const { bytes: half } = await saved('sd2', { weightFormat: 'fp16' });
    const { error, bytes } = await saved('sd2', { weightFormat: 'int8' });
    expect(bytes).toBeLessThan(half);
    expect(error).toBeGreaterThan(1e-4);
    expect(error).toBeLessThan(0.05);
  });
});
