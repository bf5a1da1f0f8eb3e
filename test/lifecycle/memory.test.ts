import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

const run = promisify(execFile);

it('500 generations leave memory as 100 do', { timeout: 300_000 }, async () => {
  const script = join(import.meta.dirname, 'many-generations.mjs');
  const { stdout } = await run(process.execPath, ['--expose-gc', script, '500'], {
    maxBuffer: 2 ** 24,
    // glibc takes an arena for each thread, and more when threads wait for one another on a busy machine: memory that
    // is kept, not lost. With one arena only what is lost grows.
    env: { ...process.env, MALLOC_ARENA_MAX: '1' },
  });
  const resident = JSON.parse(stdout) as number[];
  // Medians, since single values move by megabytes.
  const around = (generation: number): number =>
    resident.slice(generation - 20, generation).sort((a, b) => a - b)[10]!;
  const growth = around(500) - around(100);
  expect(growth).toBeLessThan(20 * 2 ** 20);
});
