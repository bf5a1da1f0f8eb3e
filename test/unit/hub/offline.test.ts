import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeEach, describe, expect, it, vi } from 'vitest';

import { faults, hashOf } from '../../support/fake-hub.js';
import { hubDownloads, ID, UNET } from '../../support/hub-downloads.js';
import { modelFiles, unetBytes } from '../../support/model-files.js';

const downloads = hubDownloads();
const { download } = downloads;
let snapshot: string;

beforeEach(() => {
  snapshot = join(downloads.repo, 'snapshots', downloads.commit);
});

describe.each([
  ['localFilesOnly', {}, { localFilesOnly: true }],
  ['HF_HUB_OFFLINE', { HF_HUB_OFFLINE: '1' }, {}],
])('with %s', (_, variables, options) => {
  const offline = async (more: object = {}): Promise<string> => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    downloads.hub.requests.length = 0;
    try {
      return await download({ ...options, ...more });
    } finally {
      expect(downloads.hub.requests).toEqual([]);
    }
  };

  it.each(['main', undefined, 'commit'])('a model in the cache is found (%s)', async (revision) => {
    await download();
    expect(await offline({ revision: revision === 'commit' ? downloads.commit : revision })).toBe(snapshot);
  });

  it('a model that is not in the cache is an error', async () => {
    await expect(offline()).rejects.toMatchObject({
      code: 'HUB_OFFLINE',
      message: expect.stringContaining("no revision 'main'") as string,
    });
  });

  it('the error says what is missing', async () => {
    await download();
    await rm(join(snapshot, 'tokenizer/merges.txt'));
    await rm(join(downloads.repo, 'blobs', hashOf(unetBytes)));
    await expect(offline()).rejects.toMatchObject({
      code: 'HUB_OFFLINE',
      message: expect.stringMatching(/not there: tokenizer\/merges.txt, unet\/\S+$/) as string,
    });
  });

  it('a variant that was never downloaded is missing', async () => {
    await download();
    await expect(offline({ variant: 'fp16' })).rejects.toMatchObject({
      code: 'HUB_OFFLINE',
      message: expect.stringContaining('unet/diffusion_pytorch_model.fp16.safetensors') as string,
    });
  });

  it('a download that was cut off is no model', async () => {
    downloads.hub.faults.push({ at: UNET, act: faults.status(404) });
    await expect(download()).rejects.toThrow();
    await expect(offline()).rejects.toMatchObject({ code: 'HUB_OFFLINE' });
    await expect(offline({ revision: downloads.commit })).rejects.toMatchObject({ code: 'HUB_OFFLINE' });
  });

  it('a branch means its last complete snapshot', async () => {
    await download();
    downloads.hub.commit(ID, 'second', { ...modelFiles, 'vae/config.json': '{"new": 1}' }, 'main');
    downloads.hub.faults.push({ at: 'vae/config.json', act: faults.status(404) });
    await expect(download()).rejects.toThrow();
    expect(await offline()).toBe(snapshot);
  });

  it('a cache without listings is judged by what is there', async () => {
    await download();
    await rm(join(downloads.repo, 'trees'), { recursive: true });
    expect(await offline()).toBe(snapshot);
    await rm(join(snapshot, UNET));
    await expect(offline()).rejects.toMatchObject({
      code: 'HUB_OFFLINE',
      message: expect.stringContaining('unet') as string,
    });
  });

  it('a listing that cannot be read is as none', async () => {
    await download();
    await writeFile(join(downloads.repo, 'trees', `${downloads.commit}.json`), '{"format_version": 2}');
    expect(await offline()).toBe(snapshot);
  });
});

describe('localFilesOnly: false', () => {
  it('asks the hub in spite of HF_HUB_OFFLINE', async () => {
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    expect(await download({ localFilesOnly: false })).toBe(snapshot);
  });
});

describe('without a hub to be reached', () => {
  it('the cache serves, and nobody waits', async () => {
    await download();
    downloads.waits.length = 0;
    await downloads.hub.pause();
    expect(await download()).toBe(snapshot);
    expect(downloads.waits).toEqual([]);
  });

  it('a model that is not all in the cache is an error', async () => {
    await download();
    await rm(join(snapshot, UNET));
    await downloads.hub.pause();
    await expect(download()).rejects.toMatchObject({ code: 'HUB_UNREACHABLE' });
  });

  it.each([401, 403, 404, 429, 500])('but with an answer of %i, the cache serves as well', async (status) => {
    await download();
    downloads.hub.faults.push({ at: '/revision/', act: faults.status(status) });
    expect(await download()).toBe(snapshot);
  });

  it('the cache does not serve for a revision that is gone', async () => {
    await download({ revision: 'v1' });
    downloads.hub.refs.set(ID, { main: downloads.commit });
    await expect(download({ revision: 'v1' })).rejects.toMatchObject({ code: 'HUB_NOT_FOUND' });
  });

  it('what was downloaded is still right', async () => {
    await download();
    await downloads.hub.pause();
    expect(await readFile(join(await download(), UNET))).toEqual(unetBytes);
  });
});
