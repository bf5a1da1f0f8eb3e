import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { cli } from '../support/cli.js';

const models = join(import.meta.dirname, '../fixtures/export');
let folder: string;
let image: string;
let mask: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-images-'));
  [image, mask] = [join(folder, 'image.png'), join(folder, 'mask.png')];
  const size = { width: 32, height: 32, channels: 3 as const };
  await sharp({ create: { ...size, background: '#c04020' } }).toFile(image);
  await sharp({ create: { ...size, background: 'white' } }).toFile(mask);
});

afterAll(() => rm(folder, { recursive: true }));

const generate = (model: string, ...args: string[]) =>
  cli(['generate', '-m', join(models, model), '-p', 'a red circle', '--steps', '5', '--seed', '1', ...args]);

describe('an image to start from', () => {
  it.each([
    ['sd1', 'without a mask'],
    ['sd1', 'with a mask'],
    ['sdxl', 'without a mask'],
    ['sdxl', 'with a mask'],
    ['inpaint', 'with a mask'],
  ])('is taken by the pipeline that the model has for it: %s, %s', async (model, how) => {
    const output = join(folder, `${model}.png`);
    const masked = how === 'with a mask' ? ['--mask', mask] : [];
    const { code, stderr } = await generate(model, '--image', image, ...masked, '-o', output);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(await sharp(output).metadata()).toMatchObject({ width: 32, height: 32 });
  });

  it.each([
    ['inpaint', 'INCOMPATIBLE_COMPONENTS', []],
    ['lcm', 'UNSUPPORTED', ['--mask']],
  ])('is refused where the model has none: %s, %s', async (model, errorCode, withMask) => {
    const masked = withMask.flatMap((option) => [option, mask]);
    const { code, stderr } = await generate(model, '--image', image, ...masked, '-o', join(folder, 'no.png'));
    expect(code).toBe(1);
    expect(stderr).toContain(errorCode);
  });
});
