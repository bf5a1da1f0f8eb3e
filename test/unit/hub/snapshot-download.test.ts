import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { downloadSnapshot } from '../../../lib/hub/snapshot-download.js';
import type { SnapshotOptions } from '../../../lib/hub/snapshot-options.js';
import { FakeHub, faults } from '../../support/fake-hub.js';
import { modelFiles, unetBytes } from '../../support/model-files.js';

const ID = 'org/model';
const UNET = 'unet/diffusion_pytorch_model.safetensors';
let hub: FakeHub;
let cacheDir: string;
let commit: string;
/** What the downloads wanted to wait; they need not. */
let waits: number[];

beforeEach(async () => {
  for (const name of ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN', 'HF_ENDPOINT', 'HF_HUB_OFFLINE'])
    vi.stubEnv(name, '');
  cacheDir = await mkdtemp(join(tmpdir(), 'hub-'));
  vi.stubEnv('HF_HOME', cacheDir);
  hub = await FakeHub.start();
  commit = hub.commit(ID, 'first', modelFiles, 'main', 'v1');
  waits = [];
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await hub[Symbol.asyncDispose]();
  await rm(cacheDir, { recursive: true });
});

function download(options: SnapshotOptions = {}): Promise<string> {
  return downloadSnapshot(
    ID,
    { endpoint: hub.endpoint, ...options },
    {
      sleep: (milliseconds, signal) => {
        waits.push(milliseconds);
        signal?.throwIfAborted();
        return new Promise((resolve) => setTimeout(resolve, 2));
      },
    },
  );
}

const repoFolder = (): string => join(cacheDir, 'hub', 'models--org--model');
const inRepo = (...path: string[]): string => join(repoFolder(), ...path);

describe('snapshotDownload', () => {
  it('brings what a pipeline needs, and nothing else', async () => {
    const folder = await download();
    expect(folder).toBe(inRepo('snapshots', commit));
    expect(await readFile(join(folder, UNET))).toEqual(unetBytes);
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    expect(files.filter((file) => !file.isDirectory()).length).toBe(12);
    for (const path of ['README.md', 'v1-5-pruned.safetensors', 'unet/diffusion_pytorch_model.bin']) {
      expect(hub.askedFor(path)).toEqual([]);
    }
  });

  it('goes on where a connection was cut', async () => {
    hub.faults.push({ at: UNET, times: 1, act: faults.cut(4000) });
    const folder = await download();
    expect(
      hub
        .askedFor(UNET)
        .filter(({ atStore }) => atStore)
        .map(({ range }) => range),
    ).toEqual([undefined, 'bytes=4000-']);
    expect(await readFile(join(folder, UNET))).toEqual(unetBytes);
  });
});
