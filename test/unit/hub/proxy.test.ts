import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, describe, expect, it, vi } from 'vitest';

import { FakeProxy } from '../../support/fake-proxy.js';
import { hubDownloads, ID, UNET } from '../../support/hub-downloads.js';
import { unetBytes } from '../../support/model-files.js';

const downloads = hubDownloads();
const { download } = downloads;
let proxy: FakeProxy;

async function start(...options: Parameters<typeof FakeProxy.start>): Promise<void> {
  proxy = await FakeProxy.start(...options);
}

afterEach(async () => {
  await proxy[Symbol.asyncDispose]();
});

/** The port of a `http://host:port`. */
const portOf = (endpoint: string): number => Number(new URL(endpoint).port);

describe('a proxy of the environment', () => {
  it.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY'])(
    'carries everything (%s), the store’s files too',
    async (name) => {
      await start();
      vi.stubEnv(name, proxy.address);
      expect(await readFile(join(await download(), UNET))).toEqual(unetBytes);
      expect(new Set(proxy.tunnels).size).toBe(2);
      expect(proxy.tunnels).toContain(new URL(downloads.hub.endpoint).host);
    },
  );

  it('resolves names that this machine does not know', async () => {
    await start({
      portOf: (target) => portOf(target === 'hub.invalid:80' ? downloads.hub.endpoint : `http://${target}`),
    });
    vi.stubEnv('HTTP_PROXY', proxy.address);
    expect(await readFile(join(await download({ endpoint: 'http://hub.invalid' }), UNET))).toEqual(unetBytes);
    expect(proxy.tunnels).toContain('hub.invalid:80');
  });

  it('gets the user and password of its address', async () => {
    await start();
    vi.stubEnv('HTTP_PROXY', proxy.address.replace('//', '//user:p%40ss@'));
    await download();
    const expected = `Basic ${Buffer.from('user:p@ss').toString('base64')}`;
    expect(new Set(proxy.authorizations)).toEqual(new Set([expected]));
  });

  it.each(['*', '127.0.0.1', 'example.com, 127.0.0.1'])(
    'is passed by for what NO_PROXY lists (%s)',
    async (list) => {
      await start();
      vi.stubEnv('HTTP_PROXY', proxy.address);
      vi.stubEnv('NO_PROXY', list);
      await download();
      expect(proxy.tunnels).toEqual([]);
    },
  );

  it('of HTTPS only is not for HTTP', async () => {
    await start();
    vi.stubEnv('HTTPS_PROXY', proxy.address);
    await download();
    expect(proxy.tunnels).toEqual([]);
  });

  it('that refuses is an error at once, which names it without its password', async () => {
    await start({ refuseWith: 407 });
    vi.stubEnv('HTTP_PROXY', proxy.address.replace('//', '//user:secret@'));
    await expect(download()).rejects.toMatchObject({
      code: 'HUB_UNREACHABLE',
      message: expect.stringMatching(new RegExp(`through the proxy ${proxy.address} failed .*407`)) as string,
    });
    expect(downloads.waits).toEqual([]);
    expect(proxy.tunnels.length).toBe(1);
  });

  it.each([
    ['HTTP_PROXY', 'socks5://127.0.0.1:1080', /HTTP_PROXY .*HTTP proxy.*'socks5'/],
    ['http_proxy', 'http://', /http_proxy .*no address/],
    ['ALL_PROXY', 'http://user:secret@:99999', /ALL_PROXY .*no address$/],
  ])('that is none (%s=%s) is refused by name before any request', async (name, value, words) => {
    await start();
    vi.stubEnv(name, value);
    await expect(download()).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(words) as string,
    });
    await expect(download()).rejects.not.toMatchObject({
      message: expect.stringContaining('secret') as string,
    });
    expect(downloads.hub.requests).toEqual([]);
    expect(downloads.waits).toEqual([]);
  });

  it('is not needed for a model that is in the cache', async () => {
    await start();
    const folder = await download();
    vi.stubEnv('HTTP_PROXY', 'socks5://127.0.0.1:1080');
    expect(await download({ localFilesOnly: true })).toBe(folder);
    expect(ID).toBe('org/model');
  });
});
