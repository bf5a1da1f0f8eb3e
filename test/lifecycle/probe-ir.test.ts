import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, expect, it } from 'vitest';

import { OVStableDiffusionPipeline } from '../../lib/index.js';
import { probeIr } from '../../lib/models/loading/probe-ir.js';

const fixture = join(import.meta.dirname, '../fixtures/sd-tiny');
const networks = ['text_encoder', 'unet', 'vae_decoder', 'vae_encoder'].map((name) =>
  join(fixture, name, 'openvino_model.xml'),
);
const work = mkdtempSync(join(tmpdir(), 'probe-ir-'));

afterAll(() => {
  rmSync(work, { recursive: true });
});

function written(name: string, layers: string, edges = ''): string {
  const path = join(work, `${name}.xml`);
  writeFileSync(
    path,
    `<?xml version="1.0"?><net name="n" version="11"><layers>${layers}</layers><edges>${edges}</edges></net>`,
  );
  writeFileSync(join(work, `${name}.bin`), '');
  return path;
}

const port = (id: number): string => `<port id="${id}" precision="FP32"><dim>1</dim></port>`;
const input = `<layer id="0" name="x" type="Parameter" version="opset1"><data shape="1" element_type="f32" /><output>${port(0)}</output></layer>`;
const result = `<layer id="2" name="y" type="Result" version="opset1"><input>${port(0)}</input></layer>`;
const edges =
  '<edge from-layer="0" from-port="0" to-layer="1" to-port="0" /><edge from-layer="1" from-port="1" to-layer="2" to-port="0" />';

/** Ends any process that reads it: OpenVINO takes a variable's name for granted. */
const deadly = written(
  'deadly',
  `${input}<layer id="1" name="state" type="ReadValue" version="opset6"><input>${port(0)}</input><output>${port(1)}</output></layer>${result}`,
  edges,
);

it('networks that run are probed without a word', async () => {
  await probeIr(networks);
});

it('a network that ends the process is named', async () => {
  await expect(probeIr([...networks.slice(0, 1), deadly, ...networks.slice(1)])).rejects.toMatchObject({
    name: 'ModelLoadError',
    code: 'MODEL_CORRUPT',
    message: expect.stringContaining(deadly) as string,
  });
});

it('a network that merely fails is left to whoever loads it', async () => {
  await probeIr([join(work, 'absent.xml'), written('broken', '<layer />')]);
});

it('an abort ends the probe', async () => {
  const reason = new Error('enough');
  await expect(probeIr(networks, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const probing = probeIr(networks, { signal: controller.signal });
  setTimeout(() => {
    controller.abort(reason);
  }, 50);
  await expect(probing).rejects.toBe(reason);
});

it('a pipeline that is loaded with probe works as without it', async () => {
  await using pipeline = await OVStableDiffusionPipeline.fromPretrained(fixture, { probe: true });
  const { images } = await pipeline.generate('a', { numInferenceSteps: 1, outputType: 'raw' });
  expect(images).toHaveLength(1);
});
