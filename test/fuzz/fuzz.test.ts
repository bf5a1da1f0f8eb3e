import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

const run = promisify(execFile);

const TARGETS = ['safetensors', 'checkpoint', 'config', 'tokenizer', 'png', 'ir', 'runtime', 'graph'];

/** So many inputs take some 20 seconds; `npm run fuzz` tries 10,000. */
const RUNS = 20 * TARGETS.length;

it('no odd input crashes, hangs, grows without limit or fails with an error that is not ours', async () => {
  const targets = TARGETS.flatMap((target) => ['--target', target]);
  const { stdout } = await run(
    process.execPath,
    [join(import.meta.dirname, 'main.mjs'), '--runs', String(RUNS), ...targets],
    { maxBuffer: 2 ** 24 },
  );
  expect(stdout.match(/^\w+: 20 inputs .* 0 faults$/gm)).toHaveLength(TARGETS.length);
});
