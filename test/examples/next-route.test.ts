import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import sharp from 'sharp';

import type { OVStableDiffusionPipeline } from '../../lib/index.js';
import { shapesModel } from '../support/shapes-model.js';

const kept = globalThis as { pipeline?: Promise<OVStableDiffusionPipeline> };
let GET: (request: Request) => Promise<Response>;

beforeAll(async () => {
  process.env.MODEL_DIR = shapesModel;
  ({ GET } = await import('../../examples/next/app/api/image/route.js'));
});

afterAll(async () => {
  delete process.env.MODEL_DIR;
  await (await kept.pipeline)?.dispose();
});

function get(query: string, init?: RequestInit): Promise<Response> {
  return GET(new Request(`http://localhost/api/image?${query}`, init));
}

describe("examples/next's route handler", () => {
  it('answers with a PNG, and keeps the pipeline', async () => {
    const response = await get('prompt=a%20red%20circle&seed=3');
    expect(response.headers.get('content-type')).toBe('image/png');
    const image = Buffer.from(await response.arrayBuffer());
    expect(await sharp(image).metadata()).toMatchObject({ format: 'png', width: 128, height: 128 });
    const first = kept.pipeline;
    expect((await get('prompt=a%20blue%20square')).status).toBe(200);
    expect(kept.pipeline).toBe(first);
  });

  it.each([
    '',
    'prompt=',
    'prompt=x&seed=y',
    'prompt=x&seed=1.5',
    'prompt=x&steps=0',
    'prompt=x&steps=51',
    'prompt=x&steps=y',
  ])('refuses "%s"', async (query) => {
    expect((await get(query)).status).toBe(400);
  });

  it('stops when the client has hung up', async () => {
    await expect(get('prompt=x', { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});
