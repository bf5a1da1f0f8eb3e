import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it, vi } from 'vitest';

import { faults } from '../../support/fake-hub.js';
import { hubDownloads, ID } from '../../support/hub-downloads.js';
import { modelFiles } from '../../support/model-files.js';

const downloads = hubDownloads();
const { download } = downloads;
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const corrupt = (words: RegExp): object => ({
  code: 'HUB_CORRUPT',
  message: expect.stringMatching(words) as string,
});

describe('a listing without end', () => {
  it('of empty pages is refused', async () => {
    downloads.hub.faults.push({
      at: '/tree/',
      act: (response) => {
        response.setHeader('link', `<${downloads.hub.endpoint}/api/models/${ID}/tree/x>; rel="next"`);
        response.end('[]');
      },
    });
    await expect(download()).rejects.toMatchObject(corrupt(/after 1000 pages/));
    expect(downloads.hub.requests.length).toBeLessThan(1010);
  });

  it('of files is refused', async () => {
    const page = JSON.stringify(
      Array.from({ length: 5000 }, () => ({ type: 'directory', path: 'a', size: 0 })),
    );
    downloads.hub.faults.push({
      at: '/tree/',
      act: (response) => {
        response.setHeader('link', `<${downloads.hub.endpoint}/api/models/${ID}/tree/x>; rel="next"`);
        response.end(page);
      },
    });
    await expect(download()).rejects.toMatchObject(corrupt(/more than 100000 files/));
  });

  it('in one answer is cut off', async () => {
    const chunk = Buffer.alloc(2 ** 20, 32);
    let sent = 0;
    downloads.hub.faults.push({
      at: '/tree/',
      act: (response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(chunk)) sent++;
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      },
    });
    await expect(download()).rejects.toMatchObject(corrupt(/more than 16777216 bytes/));
    expect(sent).toBeLessThan(200);
  });
});

describe('JSON nested deeper than the stack', () => {
  const DEPTH = 200_000;

  it.each([
    ['/revision/', `{"sha": ${nested(DEPTH)}}`],
    ['/revision/', nested(DEPTH)],
    ['/tree/', nested(DEPTH)],
    ['/tree/', `[{"type": "file", "path": ${nested(DEPTH)}}]`],
    ['/tree/', `[{"type": "file", "path": "a", "lfs": ${nested(DEPTH)}}]`],
  ])('in an answer (%s) is a typed error', async (at, body) => {
    downloads.hub.faults.push({ at, act: faults.send(() => Buffer.from(body)) });
    await expect(download()).rejects.toMatchObject({ code: 'HUB_CORRUPT' });
  });

  it.each([nested(DEPTH), `{"unet": ${nested(DEPTH)}}`])(
    'in model_index.json is a typed error',
    async (content) => {
      downloads.hub.commit(ID, 'deep', { ...modelFiles, 'model_index.json': content }, 'main');
      await expect(download()).rejects.toMatchObject({
        code: expect.stringMatching(/^(CONFIG_INVALID|UNSUPPORTED)$/) as string,
      });
    },
  );

  it('in a listing of the cache is as no listing', async () => {
    const folder = await download();
    for (const text of [nested(DEPTH), `{"format_version": 1, "files": ${nested(DEPTH)}}`]) {
      await writeFile(join(downloads.repo, 'trees', `${downloads.commit}.json`), text);
      expect(await download({ localFilesOnly: true })).toBe(folder);
    }
  });
});

it('a model_index.json of gigabytes is not downloaded', async () => {
  const entry = { type: 'file', path: 'model_index.json', size: 5e9, oid: 'a'.repeat(40) };
  downloads.hub.faults.push({ at: '/tree/', act: faults.send(() => Buffer.from(JSON.stringify([entry]))) });
  await expect(download()).rejects.toMatchObject(corrupt(/5000000000 bytes/));
});

it.skipIf(process.platform === 'win32')('named pipes in the cache are not waited for', async () => {
  await download();
  for (const path of ['refs/main', `trees/${downloads.commit}.json`]) {
    const pipe = join(downloads.repo, path);
    execFileSync('rm', [pipe]);
    execFileSync('mkfifo', [pipe]);
    await (path.startsWith('refs')
      ? expect(download({ localFilesOnly: true })).rejects.toMatchObject({ code: 'HUB_OFFLINE' })
      : expect(download({ localFilesOnly: true, revision: downloads.commit })).resolves.toContain(
          'snapshots',
        ));
  }
});

describe('HF_ENDPOINT', () => {
  it.each([
    ['huggingface.co', /did you mean https:\/\/huggingface.co\?/],
    ['127.0.0.1:8080', /did you mean https:\/\/127.0.0.1:8080\?/],
    ['localhost:8080', /HF_ENDPOINT/],
    ['ftp://huggingface.co', /HF_ENDPOINT.*'ftp:/],
    ['https://', /HF_ENDPOINT/],
    ['https:/ /x', /HF_ENDPOINT/],
    ['http://user:password@hub', /HF_ENDPOINT/],
    ['http://hub/?a=b', /HF_ENDPOINT/],
  ])('that is no address (%s) is refused at once, by name', async (value, words) => {
    vi.stubEnv('HF_ENDPOINT', value);
    await expect(download({ endpoint: undefined })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(words) as string,
    });
    expect(downloads.waits).toEqual([]);
  });

  it('is refused also where the cache could serve, except offline', async () => {
    const folder = await download();
    vi.stubEnv('HF_ENDPOINT', 'huggingface.co');
    await expect(download({ endpoint: undefined })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await download({ endpoint: undefined, localFilesOnly: true })).toBe(folder);
  });
});

describe('a token', () => {
  it.each(['hf secret', 'hf_sécret', 'hf_\u0001secret'])(
    'that no header can carry is refused unquoted',
    async (token) => {
      vi.stubEnv('HF_TOKEN', token);
      const failure: unknown = await download().catch((error: unknown) => error);
      expect(failure).toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(/HF_TOKEN/) as string,
      });
      expect((failure as Error).message).not.toMatch(/s[eé]cret/);
      expect(downloads.waits).toEqual([]);
    },
  );

  it('that no header can carry is refused in its file too', async () => {
    const path = join(downloads.home, 'token');
    await mkdir(downloads.home, { recursive: true });
    await writeFile(path, 'hf sécret');
    await expect(download()).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(path) as string,
    });
  });
});
