import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startExample, type RunningExample } from '../support/examples.js';

let folder: string;
let server: RunningExample;
let address: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastify-'));
  server = startExample('fastify-server.mjs', [], folder);
  const [, port = ''] = await server.until(/Listening on \S+:(\d+)/);
  address = `http://localhost:${port}/images`;
});

afterAll(async () => {
  server.process.kill('SIGTERM');
  await server.ended;
  await rm(folder, { recursive: true });
});

async function post(body: unknown, signal?: AbortSignal): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(address, { method: 'POST', headers, body: JSON.stringify(body), signal: signal ?? null });
}

describe('examples/fastify-server.mjs', () => {
  it('answers a prompt with its image', async () => {
    const request = { prompt: 'a red circle on a blue background', steps: 8, seed: 7 };
    const [first, second] = await Promise.all([post(request), post(request)]);
    expect(first.status).toBe(200);
    expect(first.headers.get('content-type')).toBe('image/png');
    expect(first.headers.get('x-seed')).toBe('7');
    const image = Buffer.from(await first.arrayBuffer());
    expect(await sharp(image).metadata()).toMatchObject({ format: 'png', width: 128, height: 128 });
    // The same request gives the same pixels.
    expect(
      await sharp(Buffer.from(await second.arrayBuffer()))
        .raw()
        .toBuffer(),
    ).toEqual(await sharp(image).raw().toBuffer());
  });

  it.each([[{}], [{ prompt: '' }], [{ prompt: 'x', steps: 51 }], [{ prompt: 'x', seed: -1 }]])(
    'refuses %j',
    async (body) => {
      const response = await post(body);
      expect(response.status).toBe(400);
      expect(await response.json()).toHaveProperty('error');
    },
  );

  it('answers others after a client has hung up', async () => {
    const controller = new AbortController();
    const left = post({ prompt: 'a blue square', steps: 50 }, controller.signal);
    setTimeout(() => {
      controller.abort();
    }, 100);
    await expect(left).rejects.toThrow(/abort/i);
    expect((await post({ prompt: 'a blue square', steps: 2 })).status).toBe(200);
  });
});
