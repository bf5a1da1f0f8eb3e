import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

const run = promisify(execFile);

it('500 generations leave memory as 100 do', { timeout: 300_000 }, async () => {
  const script = join(import.meta.dirname, 'many-generations.mjs');
  const { stdout } = await run(process.execPath, [script, '500'], { maxBuffer: 2 ** 24 });
  const resident = JSON.parse(stdout) as number[];
  // Medians, since a garbage collection that is due or just done moves single values by megabytes.
  const around = (generation: number): number =>
    resident.slice(generation - 20, generation).sort((a, b) => a - b)[10]!;
  const growth = around(500) - around(100);
  expect(growth).toBeLessThan(20 * 2 ** 20);
});
