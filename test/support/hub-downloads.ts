import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, vi } from 'vitest';

import { downloadSnapshot } from '../../lib/hub/snapshot-download.js';
import type { SnapshotOptions } from '../../lib/hub/snapshot-options.js';
import { FakeHub } from './fake-hub.js';
import { modelFiles } from './model-files.js';

export const ID = 'org/model';
export const UNET = 'unet/diffusion_pytorch_model.safetensors';

/** A hub with one model, an empty cache, and what tests look at. */
export class HubDownloads {
  hub!: FakeHub;
  /** The folder HF_HOME names. */
  home!: string;
  commit!: string;
  /** Milliseconds that downloads meant to wait; in tests they wait 2. */
  waits: number[] = [];

  get repo(): string {
    return join(this.home, 'hub', 'models--org--model');
  }

  readonly download = (options: SnapshotOptions = {}): Promise<string> =>
    downloadSnapshot(
      ID,
      { endpoint: this.hub.endpoint, ...options },
      {
        sleep: (milliseconds, signal) => {
          this.waits.push(milliseconds);
          signal?.throwIfAborted();
          return new Promise((resolve) => setTimeout(resolve, 2));
        },
      },
    );

  /** Every file of the model's folder in the cache. */
  async files(...below: string[]): Promise<string[]> {
    const folder = join(this.repo, ...below);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = entries.filter((entry) => !entry.isDirectory());
    return files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).sort();
  }

  /** The ranges of the requests for a file's content. */
  rangesOf(path: string): (string | undefined)[] {
    return this.hub
      .requestsFor(path)
      .filter(({ atStore }) => atStore)
      .map(({ range }) => range);
  }
}

/** A new hub and an empty cache before each test. */
export function hubDownloads(): HubDownloads {
  const downloads = new HubDownloads();
  beforeEach(async () => {
    const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'];
    for (const name of proxies.flatMap((proxy) => [proxy, proxy.toLowerCase()])) vi.stubEnv(name, '');
    const names = ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN', 'HF_TOKEN_PATH', 'HF_ENDPOINT', 'HF_HUB_CACHE'];
    for (const name of [...names, 'HUGGINGFACE_HUB_CACHE', 'HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE']) {
      vi.stubEnv(name, '');
    }
    downloads.home = await mkdtemp(join(tmpdir(), 'hub-'));
    vi.stubEnv('HF_HOME', downloads.home);
    downloads.hub = await FakeHub.start();
    downloads.commit = downloads.hub.commit(ID, 'first', modelFiles, 'main', 'v1');
    downloads.waits = [];
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await downloads.hub[Symbol.asyncDispose]();
    await rm(downloads.home, { recursive: true });
  });
  return downloads;
}
