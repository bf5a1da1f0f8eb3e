import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { runModule } from '../support/run-module.js';
import { writeSafetensors } from '../support/safetensors-file.js';

const work = mkdtempSync(join(tmpdir(), 'hostile-weights-'));

afterAll(() => {
  rmSync(work, { recursive: true });
});

const filled = (megabytes: number, piece: string): string =>
  piece.repeat(Math.floor((megabytes * 1e6) / piece.length));

const headers: [string, string][] = [
  ['60 MB of brackets', filled(60, '[')],
  ['90 MB of brackets in a tensor', `{"a":{"shape":${filled(90, '[')}`],
  ['16 MB of nested brackets', filled(8, '[') + filled(8, ']')],
  ['16 MB of empty lists', `{"a":{"shape":[${filled(16, '[],')}[]]}}`],
  ['16 MB of tiny keys', `{${filled(16, '"":0,')}"":0}`],
  ['as many keys as may be', `{${Array.from({ length: 249_000 }, (_, i) => `"k${i}":0`).join()}}`],
  ['as many tensors as may be', `{${Array.from({ length: 124_000 }, (_, i) => `"t${i}":{}`).join()}}`],
  ['as many sizes as may be', `{"a":{"shape":[${'1e3,'.repeat(249_000)}1]}}`],
  ['16 MB of escapes', `{"${filled(16, '\\u0061')}":1}`],
  ['16 MB of quotes', filled(16, '"')],
];

describe.each(headers)('a safetensors header of %s', (_, header) => {
  it('is refused, by a process that stays small', async () => {
    const path = join(work, 'hostile.safetensors');
    await writeSafetensors(path, header, 0);
    const { status, signal, stdout, stderr } = runModule(
      `import { OVStableDiffusionPipeline } from './dist/index.js';
      const error = await OVStableDiffusionPipeline.fromSingleFile(process.argv[1]).catch((e) => e);
      console.log(JSON.stringify([error.name, error.code, Math.round(process.resourceUsage().maxRSS / 1024)]));`,
      [path],
    );
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
    const [name, code, megabytes] = JSON.parse(stdout) as [string, string, number];
    expect([name, code]).toEqual(['ModelLoadError', 'MODEL_CORRUPT']);
    expect(megabytes).toBeLessThan(400);
  });
});
