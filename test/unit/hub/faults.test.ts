import type { ServerResponse } from 'node:http';
import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it, vi } from 'vitest';

import { snapshotDownload } from '../../../lib/hub/index.js';
import { faults, hashOf } from '../../support/fake-hub.js';
import { hubDownloads, ID, UNET } from '../../support/hub-downloads.js';
import { unetBytes } from '../../support/model-files.js';

const downloads = hubDownloads();
const { download } = downloads;
const HALF = 4000;
const incomplete = async (): Promise<string[]> =>
  (await downloads.files('blobs')).filter((name) => name.endsWith('.incomplete'));

describe('a connection that is cut', () => {
  it('is taken up again where it was', async () => {
    downloads.hub.faults.push({ at: UNET, times: 1, act: faults.cut(HALF) });
    const folder = await download();
    expect(downloads.rangesOf(UNET)).toEqual([undefined, `bytes=${HALF}-`]);
    expect(await readFile(join(folder, UNET))).toEqual(unetBytes);
    expect(await incomplete()).toEqual([]);
  });

  it('is taken up as often as it gets further', async () => {
    const piece = (from: number) => (response: ServerResponse, content: Buffer) => {
      response.writeHead(206, {
        'content-range': `bytes ${from}-${content.length - 1}/${content.length}`,
        'content-length': content.length - from,
      });
      response.write(content.subarray(from, from + 1000));
      setTimeout(() => response.destroy(), 30);
    };
    downloads.hub.faults.push({ at: UNET, times: 1, act: faults.cut(1000) });
    for (let from = 1000; from < 9000; from += 1000)
      downloads.hub.faults.push({ at: UNET, times: 1, act: piece(from) });
    expect(await readFile(join(await download(), UNET))).toEqual(unetBytes);
    expect(downloads.rangesOf(UNET).length).toBe(10);
  });

  it('is given up after five that bring nothing, and a later call goes on', async () => {
    downloads.hub.faults.push({ at: UNET, times: 1, act: faults.cut(HALF) });
    downloads.hub.faults.push({ at: UNET, act: (response) => response.destroy() });
    await expect(download()).rejects.toMatchObject({ code: 'HUB_UNREACHABLE' });
    expect(downloads.rangesOf(UNET).length).toBe(5);
    expect(await downloads.files('snapshots', downloads.commit)).not.toContain(UNET);
    expect((await incomplete()).length).toBe(1);

    downloads.hub.faults.length = 0;
    const before = downloads.rangesOf(UNET).length;
    const folder = await download();
    expect(downloads.rangesOf(UNET).slice(before)).toEqual([`bytes=${HALF}-`]);
    expect(await readFile(join(folder, UNET))).toEqual(unetBytes);
  });

  it('starts over where a server sends all of the file after all', async () => {
    downloads.hub.faults.push({ at: UNET, times: 1, act: faults.cut(HALF) });
    downloads.hub.faults.push({ at: UNET, times: 1, act: faults.send((content) => content) });
    expect(await readFile(join(await download(), UNET))).toEqual(unetBytes);
  });

  it('waits longer each time', async () => {
    downloads.hub.faults.push({ at: '/revision/', times: 4, act: (response) => response.destroy() });
    await download();
    expect(downloads.waits.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
  });

  it('is noticed when nothing comes any more', async () => {
    vi.stubEnv('HF_HUB_DOWNLOAD_TIMEOUT', '0.2');
    downloads.hub.faults.push({ at: UNET, times: 1, act: faults.stall(HALF) });
    expect(await readFile(join(await download(), UNET))).toEqual(unetBytes);
    expect(downloads.rangesOf(UNET)).toEqual([undefined, `bytes=${HALF}-`]);
  });
});

describe('a file that arrives broken', () => {
  const broken: [string, (content: Buffer) => Buffer][] = [
    ['too short', (content) => content.subarray(1)],
    ['too long', (content) => Buffer.concat([content, content])],
    ['of another content', (content) => Buffer.alloc(content.length, 7)],
    ['empty', () => Buffer.alloc(0)],
  ];

  it.each(broken)('(%s) is requested again', async (_, change) => {
    downloads.hub.faults.push({ at: UNET, times: 2, act: faults.send(change) });
    expect(await readFile(join(await download(), UNET))).toEqual(unetBytes);
  });

  it.each(broken)('(%s) every time is an error, and kept nowhere', async (_, change) => {
    downloads.hub.faults.push({ at: UNET, act: faults.send(change) });
    await expect(download()).rejects.toMatchObject({
      code: 'HUB_CORRUPT',
      message: expect.stringContaining(UNET) as string,
    });
    expect(downloads.rangesOf(UNET)).toEqual([undefined, undefined, undefined]);
    expect((await downloads.files('blobs')).filter((name) => name.startsWith(hashOf(unetBytes)))).toEqual([]);
    expect(await downloads.files('snapshots', downloads.commit)).not.toContain(UNET);
    expect(await downloads.files('refs')).toEqual([]);
  });

  it('is found out by git’s hash when it is small', async () => {
    downloads.hub.faults.push({
      at: 'unet/config.json',
      act: faults.send(() => Buffer.from('{"sample_size": 65}')),
    });
    await expect(download()).rejects.toMatchObject({ code: 'HUB_CORRUPT' });
  });

  it('is found out when what was kept of it was wrong', async () => {
    downloads.hub.faults.push({ at: UNET, times: 1, act: faults.cut(HALF) });
    downloads.hub.faults.push({ at: UNET, act: (response) => response.destroy() });
    await expect(download()).rejects.toMatchObject({ code: 'HUB_UNREACHABLE' });
    const [left] = await incomplete();
    await writeFile(join(downloads.repo, 'blobs', left!), Buffer.alloc(HALF, 1), { flag: 'r+' });
    await utimes(join(downloads.repo, 'blobs', left!), 0, 0);

    downloads.hub.faults.length = 0;
    expect(await readFile(join(await download(), UNET))).toEqual(unetBytes);
    expect(downloads.rangesOf(UNET).slice(-2)).toEqual([`bytes=${HALF}-`, undefined]);
  });
});

describe('a hub that refuses', () => {
  it('a repository it does not have says so', async () => {
    downloads.hub.refs.clear();
    const refused = expect.objectContaining({ code: 'HUB_NOT_FOUND', missing: 'repository' }) as Error;
    await expect(download()).rejects.toEqual(refused);
    await expect(download({ token: 'hf_secret' })).rejects.toEqual(refused);
  });

  it('a revision it does not have says so', async () => {
    await expect(download({ revision: 'v9' })).rejects.toMatchObject({
      code: 'HUB_NOT_FOUND',
      missing: 'revision',
      message: expect.stringContaining("'v9'") as string,
    });
  });

  it.each([
    ['without a token', {}, 'log in with a token'],
    ['with a token that may not', { token: 'hf_wrong' }, 'the token that was sent does not open it'],
  ])('a gated model %s says how to get at it', async (_, options, advice) => {
    downloads.hub.tokens.set(ID, 'hf_right');
    await expect(download(options)).rejects.toMatchObject({
      code: 'HUB_UNAUTHORIZED',
      message: expect.stringMatching(new RegExp(`${downloads.hub.endpoint}/${ID}.*${advice}`)) as string,
    });
  });

  it.each([
    [401, 'HUB_UNAUTHORIZED'],
    [403, 'HUB_UNAUTHORIZED'],
    [404, 'HUB_NOT_FOUND'],
    [418, 'HUB_UNREACHABLE'],
  ])('with %i and no more words is %s, at once', async (status, code) => {
    downloads.hub.faults.push({ at: '/revision/', act: faults.status(status) });
    await expect(download()).rejects.toMatchObject({ code });
    expect(downloads.waits).toEqual([]);
  });

  it.each([401, 403, 404])('with %i for a file leaves no half of a model', async (status) => {
    downloads.hub.faults.push({ at: UNET, act: faults.status(status) });
    await expect(download()).rejects.toMatchObject({ name: 'HubError' });
    expect(await downloads.files('refs')).toEqual([]);
    expect(
      (await downloads.files('blobs')).filter((name) => name.startsWith(hashOf(unetBytes))),
    ).toHaveLength(1);
    expect(await downloads.files('snapshots', downloads.commit)).not.toContain(UNET);
  });
});

describe('a hub that has too much to do', () => {
  it.each([500, 502, 503, 504, 408])('(%i) is requested again', async (status) => {
    downloads.hub.faults.push({ at: '/revision/', times: 1, act: faults.status(status) });
    downloads.hub.faults.push({ at: '/tree/', times: 1, act: faults.status(status) });
    downloads.hub.faults.push({ at: UNET, times: 1, act: faults.status(status) });
    expect(await readFile(join(await download(), UNET))).toEqual(unetBytes);
  });

  it.each([500, 503])('(%i) is given up in the end', async (status) => {
    downloads.hub.faults.push({ at: '/revision/', act: faults.status(status) });
    await expect(download()).rejects.toMatchObject({ code: 'HUB_UNREACHABLE' });
    expect(downloads.hub.requests.length).toBe(5);
  });

  it.each([
    ['seconds', { 'retry-after': '7' }, 7000],
    ['its own header', { ratelimit: '"api";r=0;t=55' }, 56_000],
  ])('and says so in %s is left alone for as long', async (_, headers, wait) => {
    downloads.hub.faults.push({ at: '/revision/', times: 1, act: faults.status(429, headers) });
    await download();
    expect(downloads.waits[0]).toBe(wait);
  });

  it('and names a date is left alone until then', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString();
    downloads.hub.faults.push({ at: UNET, times: 1, act: faults.status(429, { 'retry-after': date }) });
    await download();
    expect(Math.max(...downloads.waits)).toBeGreaterThan(30_000);
  });

  it.each([
    ['every time', '1', 5],
    ['for an hour', '3600', 1],
  ])('and says so %s is recognized', async (_, seconds, requests) => {
    downloads.hub.faults.push({ at: '/revision/', act: faults.status(429, { 'retry-after': seconds }) });
    await expect(download()).rejects.toMatchObject({
      code: 'HUB_RATE_LIMITED',
      message: expect.stringContaining(`in ${seconds} s`) as string,
    });
    expect(downloads.hub.requests.length).toBe(requests);
  });
});

describe('something else that answers in the hub’s place', () => {
  it.each([
    ['a page', '/revision/', '<html>log in to the Wi-Fi</html>'],
    ['no commit', '/revision/', '{"_id": "1"}'],
    ['a commit that leads elsewhere', '/revision/', '{"sha": "../../../etc"}'],
    ['a listing of something else', '/tree/', '{"files": 3}'],
    ['hashes that are none', '/tree/', '[{"type": "file", "path": "a", "size": 1, "oid": "../../x"}]'],
  ])('with %s is refused', async (_, at, body) => {
    downloads.hub.faults.push({ at, act: faults.send(() => Buffer.from(body)) });
    await expect(download()).rejects.toMatchObject({ code: 'HUB_CORRUPT' });
    expect(await downloads.files('snapshots')).toEqual([]);
  });
});

describe('an abort', () => {
  it('before anything asks nothing', async () => {
    await expect(download({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    expect(downloads.hub.requests).toEqual([]);
  });

  it('in the middle of a file keeps what has come, for the next call', async () => {
    downloads.hub.faults.push({ at: UNET, times: 1, act: faults.stall(HALF) });
    const controller = new AbortController();
    const aborted = download({
      signal: controller.signal,
      onProgress: ({ file, fileBytes }) => {
        if (file === UNET && fileBytes === HALF) controller.abort(new Error('enough'));
      },
    });
    await expect(aborted).rejects.toThrow('enough');
    expect(await downloads.files('snapshots', downloads.commit)).not.toContain(UNET);
    expect(await downloads.files('refs')).toEqual([]);

    const folder = await download();
    expect(downloads.rangesOf(UNET)).toEqual([undefined, `bytes=${HALF}-`]);
    expect(await readFile(join(folder, UNET))).toEqual(unetBytes);
  });

  it('while waiting for a hub that is busy ends the wait', async () => {
    downloads.hub.faults.push({ at: '/revision/', act: faults.status(429, { 'retry-after': '200' }) });
    const controller = new AbortController();
    const waiting = snapshotDownload(ID, { endpoint: downloads.hub.endpoint, signal: controller.signal });
    setTimeout(() => {
      controller.abort(new Error('enough'));
    }, 100);
    await expect(waiting).rejects.toThrow('enough');
  });

  it('of one call leaves another that waits for the same file to finish it', async () => {
    downloads.hub.faults.push({ at: UNET, times: 1, act: faults.stall(HALF) });
    const controller = new AbortController();
    let second: Promise<string> | undefined;
    const first = download({
      signal: controller.signal,
      onProgress: ({ file, fileBytes }) => {
        if (second !== undefined || file !== UNET || fileBytes !== HALF) return;
        second = download();
        setTimeout(() => {
          controller.abort(new Error('enough'));
        }, 200);
      },
    });
    await expect(first).rejects.toThrow('enough');
    expect(await readFile(join((await second)!, UNET))).toEqual(unetBytes);
    expect(downloads.rangesOf(UNET)).toEqual([undefined, `bytes=${HALF}-`]);
  });
});

describe('a hub that is not there', () => {
  it('is an error that says where it was looked for', async () => {
    const { endpoint } = downloads.hub;
    await downloads.hub.pause();
    await expect(download({ endpoint })).rejects.toMatchObject({
      code: 'HUB_UNREACHABLE',
      message: expect.stringMatching(new RegExp(`${endpoint}.*ECONNREFUSED`)) as string,
    });
    await downloads.hub.resume();
  });
});
