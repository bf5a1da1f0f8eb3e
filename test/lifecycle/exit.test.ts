import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

const stages = ['loaded', 'asking', 'compiling', 'compiled', 'inferring', 'inferred', 'disposed'];

interface Ending {
  code: number | null;
  signal: string | null;
  stderr: string;
}

async function run(script: string, ...args: string[]): Promise<Ending> {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      resolve({ code, signal, stderr });
    });
  });
}

const cleanly: Ending = { code: 0, signal: null, stderr: '' };

describe.each(stages)('a process that is %s', (stage) => {
  it('ends cleanly by itself', async () => {
    expect(await run('child.mjs', stage, 'return')).toEqual(cleanly);
  });

  it('ends cleanly by process.exit', async () => {
    expect(await run('child.mjs', stage, 'exit')).toEqual(cleanly);
  });
});

describe.each(stages)('workers that are %s', (stage) => {
  it.each(['return', 'exit', 'terminate'])('end cleanly by %s, several at once', async (leave) => {
    expect(await run('workers.mjs', stage, leave)).toEqual(cleanly);
  });
});
