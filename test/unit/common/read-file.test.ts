import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { readFileBytes, readTextFile, type FileReadReason } from '../../../lib/common/read-file.js';

const work = mkdtempSync(join(tmpdir(), 'read-file-'));
const at = (name: string): string => join(work, name);

afterAll(() => {
  rmSync(work, { recursive: true });
});

async function refusal(path: string, maxBytes = 1000): Promise<{ reason: FileReadReason; message: string }> {
  return readFileBytes(path, { maxBytes }).then(
    () => {
      throw new Error(`${path} was read`);
    },
    (error: unknown) => error as { reason: FileReadReason; message: string },
  );
}

describe('a regular file', () => {
  it('is read as it is, at the limit too', async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i * 7);
    writeFileSync(at('bytes'), bytes);
    expect(new Uint8Array(await readFileBytes(at('bytes'), { maxBytes: 70_000 }))).toEqual(bytes);
  });

  it('is read when it is empty', async () => {
    writeFileSync(at('empty'), '');
    expect(await readTextFile(at('empty'), { maxBytes: 0 })).toBe('');
  });

  it('is read as UTF-8', async () => {
    writeFileSync(at('text'), 'Käse 🧀');
    expect(await readTextFile(at('text'), { maxBytes: 100 })).toBe('Käse 🧀');
  });

  it('is read through a symbolic link', async () => {
    writeFileSync(at('target'), 'there');
    symlinkSync(at('target'), at('link'));
    expect(await readTextFile(at('link'), { maxBytes: 100 })).toBe('there');
  });

  it('is refused when it is a byte too long', async () => {
    writeFileSync(at('long'), Buffer.alloc(1001));
    expect(await refusal(at('long'))).toMatchObject({ name: 'FileReadError', reason: 'too-large' });
  });

  it('is refused when it is not there, or below a file', async () => {
    appendFileSync(at('file'), '');
    expect((await refusal(at('absent'))).reason).toBe('missing');
    expect((await refusal(at('file/below'))).reason).toBe('missing');
  });

  it.skipIf(process.platform !== 'linux')('is read whose size the system does not know', async () => {
    expect(await readTextFile('/proc/self/status', { maxBytes: 100_000 })).toContain('VmRSS');
    expect((await refusal('/proc/self/smaps', 100)).reason).toBe('too-large');
  });
});

describe('what is not a regular file is refused', () => {
  it('a directory', async () => {
    mkdirSync(at('folder'));
    expect(await refusal(at('folder'))).toMatchObject({
      reason: 'not-a-file',
      message: expect.stringContaining('a directory') as string,
    });
  });

  it.skipIf(process.platform === 'win32')('a FIFO that nobody writes to', async () => {
    expect(spawnSync('mkfifo', [at('fifo')]).status).toBe(0);
    expect(await refusal(at('fifo'))).toMatchObject({
      reason: 'not-a-file',
      message: expect.stringContaining('a FIFO') as string,
    });
  });

  it.skipIf(process.platform === 'win32')('a device without end, and a link to it', async () => {
    symlinkSync('/dev/zero', at('zero'));
    for (const path of ['/dev/zero', at('zero')]) {
      expect(await refusal(path)).toMatchObject({
        reason: 'not-a-file',
        message: expect.stringContaining('a device') as string,
      });
    }
  });

  it.skipIf(process.platform === 'win32')('a socket', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(at('socket'), resolve));
    try {
      expect(await refusal(at('socket'))).toMatchObject({
        reason: 'not-a-file',
        message: expect.stringContaining('a socket') as string,
      });
    } finally {
      server.close();
    }
  });
});
