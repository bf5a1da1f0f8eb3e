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
  // A leak grows in every interval. Where the machine is busy, an allocator may take another arena for good: once.
  const growths = [100, 200, 300, 400]
    .map((generation) => around(generation + 100) - around(generation))
    .sort((a, b) => a - b);
  expect((growths[1]! + growths[2]!) / 2).toBeLessThan(5 * 2 ** 20);
});
