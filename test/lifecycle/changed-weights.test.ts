import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const work = mkdtempSync(join(tmpdir(), 'changed-weights-'));
let folders = 0;

afterAll(() => {
  rmSync(work, { recursive: true });
});

const models = [
  [
    'an OpenVINO model',
    'sd-tiny',
    ['text_encoder/openvino_model.bin', 'unet/openvino_model.bin', 'vae_decoder/openvino_model.bin'],
  ],
  ['a diffusers model', 'export/sd1', ['unet/diffusion_pytorch_model.safetensors']],
] as const;
const cases = models.flatMap(([model, fixture, files]) =>
  files.map((file) => [model, fixture, file] as const),
);

async function change(fixture: string, file: string, how: string): Promise<unknown> {
  const folder = join(work, String(folders++));
  cpSync(join(import.meta.dirname, '../fixtures', fixture), folder, { recursive: true });
  utimesSync(join(folder, file), 1e9, 1e9);
  // A process that is ended by SIGBUS rejects.
  const { stdout } = await run(process.execPath, [
    join(import.meta.dirname, 'changed-weights.mjs'),
    folder,
    file,
    how,
  ]);
  return JSON.parse(stdout);
}

describe.each(cases)('%s (%s) whose %s changes while it is in use', (_, fixture, file) => {
  it.skipIf(process.platform === 'win32').each(['cut', 'copy over'])(
    'is refused, not read: %s',
    async (how) => {
      expect(await change(fixture, file, how)).toMatchObject({
        again: 'MODEL_CORRUPT',
        otherSize: 'MODEL_CORRUPT',
        saved: 'MODEL_CORRUPT',
      });
    },
  );

  it.each(['rename', 'delete'])('generates as before: %s', async (how) => {
    expect(await change(fixture, file, how)).toMatchObject({ again: 'ok', same: true, otherSize: 'ok' });
  });
});
