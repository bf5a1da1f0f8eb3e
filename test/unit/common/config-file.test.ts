import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

import { CONFIG_LIMITS, readConfigFile } from '../../../lib/common/config-file.js';
import { longIntegerRecord, longList } from '../../../lib/common/long-schemas.js';

const work = mkdtempSync(join(tmpdir(), 'config-file-'));
const path = join(work, 'config.json');

afterAll(() => {
  rmSync(work, { recursive: true });
});

async function read<T extends z.ZodType>(text: string, schema: T): Promise<z.output<T>> {
  writeFileSync(path, text);
  return readConfigFile(path, schema);
}

const anything = z.looseObject({});
const invalid = (message: string): unknown =>
  expect.objectContaining({
    name: 'ModelLoadError',
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(message) as string,
  });

describe('a configuration file', () => {
  it('is read with numbers only Python knows', async () => {
    expect(await read('{"lambda_min_clipped": -Infinity}', anything)).toEqual({
      lambda_min_clipped: -Infinity,
    });
  });

  it('is not there', async () => {
    await expect(readConfigFile(join(work, 'absent.json'), anything)).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
    });
  });

  it('is refused when it is a directory', async () => {
    await expect(readConfigFile(work, anything)).rejects.toThrow(invalid('a directory'));
  });

  it.each([10, 10_000, 5_000_000])(
    'is refused when it is nested %d levels beyond the limit',
    async (extra) => {
      const depth = CONFIG_LIMITS.maxDepth + extra;
      await expect(read(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`, anything)).rejects.toThrow(
        invalid('nested deeper'),
      );
    },
  );

  it('is refused when it holds millions of values', async () => {
    await expect(read(`{"a":[${'0,'.repeat(2_000_000)}0]}`, anything)).rejects.toThrow(invalid('values'));
  });

  it('is refused when it is longer than any', async () => {
    await expect(read(`{"a":"${'x'.repeat(CONFIG_LIMITS.maxBytes)}"}`, anything)).rejects.toThrow(
      invalid('bytes'),
    );
  });

  it('that is wrong in many places shows the first of them', async () => {
    const schema = z.object({ sizes: z.array(z.int()) });
    const error = (await read(`{"sizes":[${'"",'.repeat(5000)}1]}`, schema).catch(
      (e: unknown) => e,
    )) as Error;
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(error.message).toContain('sizes[0]');
    expect(error.message).toContain('and 4990 more');
    expect(error.message.length).toBeLessThan(2000);
  });
});

describe('long lists and records', () => {
  it('are given as they are', () => {
    expect(longList(z.object({ id: z.int() })).parse([{ id: 1, x: 1 }])).toEqual([{ id: 1 }]);
    expect(longIntegerRecord().parse({ a: 0, b: 2 })).toEqual({ a: 0, b: 2 });
  });

  it('are refused with one issue, which names the place', () => {
    const list = longList(z.object({ id: z.int() })).safeParse([
      { id: 1 },
      ...Array<unknown>(1000).fill({ id: '' }),
    ]);
    expect(list.error?.issues).toMatchObject([{ path: [1, 'id'] }]);
    for (const value of [{ a: 'x', b: 'y' }, { a: -1 }, { a: 0.5 }, { a: null }, [1], null, 'abc']) {
      expect(longIntegerRecord().safeParse(value).error?.issues).toHaveLength(1);
    }
  });
});
