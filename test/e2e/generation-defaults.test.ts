import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { exportPipeline, OVStableDiffusionPipeline, saveExport } from '../../lib/index.js';

const sd1 = join(import.meta.dirname, '../fixtures/export/sd1');

let work: string;
let turbo: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'defaults-'));
  turbo = join(work, 'sd-turbo');
  await cp(sd1, turbo, { recursive: true });
});

afterAll(async () => {
  await rm(work, { recursive: true });
});

describe('generation defaults of a model', () => {
  it('follow from its kind, and are saved with it under any name', async () => {
    await using pipeline = await OVStableDiffusionPipeline.fromPretrained(turbo);
    expect(pipeline.generationDefaults).toEqual({ numInferenceSteps: 1, guidanceScale: 0, eta: 0 });
    pipeline.generationDefaults = { numInferenceSteps: 3 };
    const saved = join(work, 'saved');
    await pipeline.savePretrained(saved);
    await using again = await OVStableDiffusionPipeline.fromPretrained(saved);
    expect(again.generationDefaults).toEqual({ numInferenceSteps: 3, guidanceScale: 0, eta: 0 });
    const given = { generationDefaults: { guidanceScale: 1.5 } };
    await using other = await OVStableDiffusionPipeline.fromPretrained(saved, given);
    expect(other.generationDefaults).toEqual({ numInferenceSteps: 3, guidanceScale: 1.5, eta: 0 });
  });

  it('are saved by an export', async () => {
    const exported = join(work, 'exported');
    await saveExport(await exportPipeline(turbo), exported);
    await using pipeline = await OVStableDiffusionPipeline.fromPretrained(exported);
    expect(pipeline.generationDefaults).toMatchObject({ numInferenceSteps: 1, guidanceScale: 0 });
  });

  it('are not in the index of a model without its own', async () => {
    await using pipeline = await OVStableDiffusionPipeline.fromPretrained(sd1);
    const saved = join(work, 'plain');
    await pipeline.savePretrained(saved);
    expect(await readFile(join(saved, 'model_index.json'), 'utf8')).not.toContain('openvino_diffusers');
  });

  it.each([{ generation_defaults: { num_inference_steps: 'many' } }, 7, { generation_defaults: [] }])(
    'are refused where the index has %j',
    async (wrong) => {
      const folder = join(work, `wrong-${JSON.stringify(wrong).length}`);
      await cp(sd1, folder, { recursive: true });
      const index = JSON.parse(await readFile(join(sd1, 'model_index.json'), 'utf8')) as object;
      await writeFile(
        join(folder, 'model_index.json'),
        JSON.stringify({ ...index, _openvino_diffusers: wrong }),
      );
      await expect(OVStableDiffusionPipeline.fromPretrained(folder)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('_openvino_diffusers') as string,
      });
    },
  );
});
