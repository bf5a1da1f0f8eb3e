import { lstat, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it, vi } from 'vitest';

import { snapshotDownload, type DownloadProgress, type SnapshotOptions } from '../../../lib/hub/index.js';
import { FakeHub, hashOf } from '../../support/fake-hub.js';
import { hubDownloads, ID, UNET } from '../../support/hub-downloads.js';
import { modelFiles, unetBytes } from '../../support/model-files.js';

const downloads = hubDownloads();
const { download } = downloads;

const NEEDED = [
  'model_index.json',
  'scheduler/scheduler_config.json',
  'text_encoder/config.json',
  'text_encoder/model.safetensors',
  'tokenizer/merges.txt',
  'tokenizer/special_tokens_map.json',
  'tokenizer/tokenizer_config.json',
  'tokenizer/vocab.json',
  'unet/config.json',
  UNET,
  'vae/config.json',
  'vae/diffusion_pytorch_model.safetensors',
];

describe('snapshotDownload', () => {
  it('brings what a pipeline needs, and nothing else', async () => {
    const folder = await snapshotDownload(ID, { endpoint: downloads.hub.endpoint });
    expect(folder).toBe(join(downloads.repo, 'snapshots', downloads.commit));
    expect(await downloads.files('snapshots', downloads.commit)).toEqual(NEEDED);
    for (const path of NEEDED)
      expect(await readFile(join(folder, path))).toEqual(Buffer.from(modelFiles[path]!));
  });

  it('keeps content once, under its hash, with relative links to it', async () => {
    const folder = await download();
    expect(await readlink(join(folder, UNET))).toBe(join('../../../blobs', hashOf(unetBytes)));
    expect(await downloads.files('blobs')).toEqual(
      [...new Set(NEEDED.map((path) => hashOf(modelFiles[path]!)))].sort(),
    );
    expect(await readFile(join(downloads.repo, 'refs/main'), 'utf8')).toBe(downloads.commit);
  });

  it('asks only for the commit when everything is there', async () => {
    await download();
    const before = downloads.hub.requests.length;
    await download();
    expect(downloads.hub.requests.slice(before).map(({ path }) => path)).toEqual([
      `/api/models/${ID}/revision/main`,
    ]);
  });

  it('asks nothing for a commit that is there', async () => {
    await download();
    await downloads.hub.pause();
    expect(await download({ revision: downloads.commit })).toBe(
      join(downloads.repo, 'snapshots', downloads.commit),
    );
    await downloads.hub.resume();
  });

  it('brings again only what was lost', async () => {
    const folder = await download();
    await rm(join(downloads.repo, 'blobs', hashOf(unetBytes)));
    const before = downloads.hub.requests.length;
    await download();
    const files = downloads.hub.requests.slice(before).filter(({ path }) => path.includes('/resolve/'));
    expect(new Set(files.map(({ path }) => path))).toEqual(
      new Set([`/${ID}/resolve/${downloads.commit}/${UNET}`]),
    );
    expect(await readFile(join(folder, UNET))).toEqual(unetBytes);
  });

  it('follows a branch that moved, and brings only what changed', async () => {
    const first = await download();
    const changed = { ...modelFiles, 'unet/config.json': '{"sample_size": 96}' };
    const second = downloads.hub.commit(ID, 'second', changed, 'main');
    const before = downloads.hub.requests.length;
    const folder = await download();
    expect(folder).toBe(join(downloads.repo, 'snapshots', second));
    expect(await readFile(join(folder, 'unet/config.json'), 'utf8')).toContain('96');
    expect(await readFile(join(first, 'unet/config.json'), 'utf8')).toContain('64');
    expect(downloads.hub.requests.slice(before).filter(({ path }) => path.includes('/resolve/')).length).toBe(
      1,
    );
    expect(await readFile(join(downloads.repo, 'refs/main'), 'utf8')).toBe(second);
  });

  it.each([
    ['a tag', 'v1'],
    ['a branch with a slash', 'refs/pr/1'],
  ])('takes %s', async (_, revision) => {
    const commit = downloads.hub.commit(ID, 'another', modelFiles, 'refs/pr/1', 'v1');
    expect(await download({ revision })).toBe(join(downloads.repo, 'snapshots', commit));
    expect(await readFile(join(downloads.repo, 'refs', revision), 'utf8')).toBe(commit);
  });

  it('takes a commit, and writes no ref for it', async () => {
    await download({ revision: downloads.commit });
    expect(await downloads.files('refs')).toEqual([]);
  });

  it('takes one variant of the weights', async () => {
    await download({ variant: 'fp16' });
    const files = await downloads.files('snapshots', downloads.commit);
    expect(files.filter((path) => path.includes('safetensors'))).toEqual([
      'text_encoder/model.fp16.safetensors',
      'unet/diffusion_pytorch_model.fp16.safetensors',
      'vae/diffusion_pytorch_model.fp16.safetensors',
    ]);
  });

  it('reads listings of several pages', async () => {
    downloads.hub.pageSize = 5;
    await download();
    expect(await downloads.files('snapshots', downloads.commit)).toEqual(NEEDED);
  });

  it('brings files that the hub sends itself, without a store', async () => {
    downloads.hub.usesStore = false;
    expect(await readFile(join(await download(), UNET))).toEqual(unetBytes);
  });

  it('reports how far it is, up to the last byte', async () => {
    const events: DownloadProgress[] = [];
    await download({ onProgress: (progress) => events.push(progress) });
    const totalBytes = NEEDED.reduce((sum, path) => sum + Buffer.from(modelFiles[path]!).length, 0);
    expect(events.at(-1)).toMatchObject({
      bytes: totalBytes,
      totalBytes,
      filesDone: NEEDED.length,
      files: NEEDED.length,
    });
    expect(events.map(({ bytes }) => bytes)).toEqual(events.map(({ bytes }) => bytes).sort((a, b) => a - b));
    const unet = events.filter(({ file }) => file === UNET);
    expect(unet.at(-1)).toMatchObject({ fileBytes: unetBytes.length, fileTotal: unetBytes.length });
  });

  it('copies where links are not wanted', async () => {
    vi.stubEnv('HF_HUB_DISABLE_SYMLINKS', '1');
    const folder = await download();
    expect((await lstat(join(folder, UNET))).isSymbolicLink()).toBe(false);
    expect(await downloads.files('snapshots', downloads.commit)).toEqual(NEEDED);
    for (const path of NEEDED)
      expect(await readFile(join(folder, path))).toEqual(Buffer.from(modelFiles[path]!));
    expect((await downloads.files('blobs')).filter((name) => name.includes('.'))).toEqual([]);
  });

  it('replaces a link that leads nowhere', async () => {
    const folder = await download();
    await rm(join(folder, UNET));
    await symlink('../../../blobs/gone', join(folder, UNET));
    await download();
    expect(await readFile(join(folder, UNET))).toEqual(unetBytes);
  });

  it('serves several calls at once, downloading once', async () => {
    const folders = await Promise.all([download(), download(), download()]);
    expect(new Set(folders).size).toBe(1);
    expect(await readFile(join(folders[0], UNET))).toEqual(unetBytes);
    expect(downloads.rangesOf(UNET)).toEqual([undefined]);
    expect((await downloads.files('blobs')).filter((name) => name.includes('.'))).toEqual([]);
  });

  it('says that the cache cannot be written', async () => {
    await writeFile(join(downloads.home, 'hub'), 'a file');
    await expect(download()).rejects.toMatchObject({ code: 'SAVE_FAILED' });
  });

  it.each<[string, SnapshotOptions, string]>([
    ['a revision that leads out of the cache', { revision: '../../main' }, 'INVALID_ARGUMENT'],
    ['a variant that is no name', { variant: '../x' }, 'INVALID_ARGUMENT'],
    ['an endpoint that is no address', { endpoint: 'hub' }, 'INVALID_ARGUMENT'],
    ['an option nobody knows', { cacheDir: 'x' } as SnapshotOptions, 'UNKNOWN_OPTION'],
  ])('refuses %s', async (_, options, code) => {
    await expect(snapshotDownload(ID, options)).rejects.toMatchObject({ code });
  });

  it.each([
    '',
    'a/b/c',
    '../model',
    'org/../x',
    './model',
    '/model',
    'org--name',
    'org/model.git',
    'ä/b',
    '-a',
  ])("refuses '%s' as an id", async (id) => {
    await expect(snapshotDownload(id)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it.each([
    '../evil.json',
    'unet/../../evil.json',
    '/evil.json',
    'C:\\evil.json',
    'a//b',
    'unet\\evil',
    'C:evil',
  ])("refuses a repository with a file named '%s'", async (name) => {
    downloads.hub.commit(ID, 'evil', { ...modelFiles, [name]: '{}' }, 'main');
    await expect(download()).rejects.toMatchObject({ code: 'HUB_CORRUPT' });
    expect(await downloads.files()).toEqual([]);
  });

  it('refuses a repository that is not in diffusers’ layout before anything large', async () => {
    const files = Object.fromEntries(
      Object.entries(modelFiles).filter(([name]) => name !== 'model_index.json'),
    );
    downloads.hub.commit(ID, 'single', files, 'main');
    await expect(download()).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    expect(downloads.hub.requests.filter(({ path }) => path.includes('/resolve/'))).toEqual([]);
  });
});

describe('the token', () => {
  it.each<[string, () => Promise<SnapshotOptions>]>([
    ['the option', () => Promise.resolve({ token: 'hf_secret' })],
    [
      'HF_TOKEN',
      () => {
        vi.stubEnv('HF_TOKEN', ' hf_secret\n');
        return Promise.resolve({});
      },
    ],
    [
      'HUGGING_FACE_HUB_TOKEN',
      () => {
        vi.stubEnv('HUGGING_FACE_HUB_TOKEN', 'hf_secret');
        return Promise.resolve({});
      },
    ],
    [
      'the file that a login leaves',
      async () => {
        await writeFile(join(downloads.home, 'token'), 'hf_secret\n');
        return {};
      },
    ],
    [
      'the file that HF_TOKEN_PATH names',
      async () => {
        await writeFile(join(downloads.home, 'other'), 'hf_secret');
        vi.stubEnv('HF_TOKEN_PATH', '$HF_HOME/other');
        return {};
      },
    ],
  ])('comes from %s, and goes to the hub alone', async (_, setUp) => {
    downloads.hub.tokens.set(ID, 'hf_secret');
    await download(await setUp());
    const atHub = downloads.hub.requests.filter(({ atStore }) => !atStore);
    const atStore = downloads.hub.requests.filter((request) => request.atStore);
    expect(new Set(atHub.map(({ token }) => token))).toEqual(new Set(['hf_secret']));
    expect(atStore.length).toBe(3);
    expect(new Set(atStore.map(({ token }) => token))).toEqual(new Set([undefined]));
  });

  it('is not sent to where a listing says it goes on', async () => {
    await using elsewhere = await FakeHub.start();
    elsewhere.commit(ID, 'first', modelFiles, 'main');
    downloads.hub.faults.push({
      at: '/tree/',
      act: (response) => {
        const next = `${elsewhere.endpoint}/api/models/${ID}/tree/${downloads.commit}`;
        response
          .writeHead(200, { link: `<${next}>; rel="next"`, 'content-type': 'application/json' })
          .end('[]');
      },
    });
    await download({ token: 'hf_secret' });
    expect(elsewhere.requests.map(({ token }) => token)).toEqual([undefined]);
  });

  it.each<[string, Record<string, string>, SnapshotOptions]>([
    ['when it is false', {}, { token: false }],
    ['with HF_HUB_DISABLE_IMPLICIT_TOKEN', { HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' }, {}],
  ])('is not sent %s', async (_, variables, options) => {
    vi.stubEnv('HF_TOKEN', 'hf_secret');
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    await download(options);
    expect(new Set(downloads.hub.requests.map(({ token }) => token))).toEqual(new Set([undefined]));
  });

  it('never stands in an error', async () => {
    await expect(snapshotDownload(ID, { token: 'se cret' })).rejects.toSatisfy(
      (error: Error) => error.name === 'InvalidArgumentError' && !error.message.includes('cret'),
    );
    downloads.hub.tokens.set(ID, 'hf_right');
    await expect(download({ token: 'hf_wrong' })).rejects.toSatisfy(
      (error: Error) => error.name === 'HubError' && !error.message.includes('hf_wrong'),
    );
  });
});
