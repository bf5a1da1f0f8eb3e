import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';

import { openSafetensors, type SafetensorsFile } from '../../../../lib/models/weights/safetensors.js';
import { bytesOf } from '../../../support/safetensors-file.js';

const work = mkdtempSync(join(tmpdir(), 'safetensors-'));
const path = join(work, 'case.safetensors');

afterAll(() => {
  rmSync(work, { recursive: true });
});

function open(bytes: Uint8Array): SafetensorsFile {
  writeFileSync(path, bytes);
  const file = openSafetensors(path);
  file.mapping.dispose();
  return file;
}

const f32 = (begin: number, end: number, shape: unknown = [(end - begin) / 4]): unknown => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('a whole safetensors file', () => {
  it('is read: names, types, shapes and places', () => {
    const header = {
      __metadata__: { format: 'pt' },
      b: f32(0, 16, [2, 2]),
      a: f32(16, 20, []),
      none: f32(20, 20, [0, 9]),
    };
    const start = 8 + JSON.stringify(header).length;
    expect([...open(bytesOf(header, 20)).entries]).toEqual([
      ['b', { type: 'F32', shape: [2, 2], offset: start, byteLength: 16 }],
      ['a', { type: 'F32', shape: [], offset: start + 16, byteLength: 4 }],
      ['none', { type: 'F32', shape: [0, 9], offset: start + 20, byteLength: 0 }],
    ]);
  });

  it('may pad its header with spaces', () => {
    expect(open(bytesOf(`${JSON.stringify({ a: f32(0, 4) })}   `, 4)).entries.size).toBe(1);
  });
});

describe('a safetensors file is refused', () => {
  it.each<[string, Uint8Array]>([
    ['when it is empty', new Uint8Array(0)],
    ['when it ends in its length', new Uint8Array(7)],
    ['when its header is longer than the file', bytesOf({ a: f32(0, 4) }, 4, 1000n)],
    ['when its header is of astronomical length', bytesOf({ a: f32(0, 4) }, 4, 2n ** 64n - 1n)],
    ['when its header ends in the middle', bytesOf({ a: f32(0, 4) }, 4, 10n)],
    ['when its header has no bytes', bytesOf('', 0)],
    ['when its header is not JSON', bytesOf('{a: 1}', 0)],
    ['when its header is a list', bytesOf('[]', 0)],
    ['when its header is null', bytesOf('null', 0)],
    ['when its header starts with a space', bytesOf(' {}', 0)],
    ['when its header is not UTF-8', Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0xfe, 0x7d)],
    [
      'when a key stands twice',
      bytesOf(
        '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
        1,
      ),
    ],
    [
      'when a key stands twice, once with an escape',
      bytesOf(
        String.raw`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0061":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`,
        1,
      ),
    ],
    [
      'when a tensor has two types',
      bytesOf('{"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}}', 1),
    ],
    ['when a tensor is a number', bytesOf({ a: 1 }, 0)],
    [
      'when a tensor is nested very deep',
      bytesOf(`{"a":{"dtype":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`, 0),
    ],
    ['when a type is unknown', bytesOf({ a: { dtype: 'F31', shape: [1], data_offsets: [0, 4] } }, 4)],
    [
      'when a type is the name of a method',
      bytesOf({ a: { dtype: 'toString', shape: [1], data_offsets: [0, 4] } }, 4),
    ],
    [
      'when a tensor has a property nobody knows',
      bytesOf({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4], x: 1 } }, 4),
    ],
    ['when a shape is missing', bytesOf({ a: { dtype: 'F32', data_offsets: [0, 4] } }, 4)],
    ['when a size is negative', bytesOf({ a: f32(0, 4, [-1]) }, 4)],
    ['when a size is a fraction', bytesOf({ a: f32(0, 4, [0.5, 2]) }, 4)],
    ['when a size is text', bytesOf({ a: f32(0, 4, ['1']) }, 4)],
    ['when sizes multiply beyond all bytes', bytesOf({ a: f32(0, 4, [2 ** 50, 2 ** 50, 2 ** 50]) }, 4)],
    [
      'when sizes would wrap around 64 bits to what is there',
      bytesOf(`{"a":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}}`, 4),
    ],
    ['when a size is infinite', bytesOf('{"a":{"dtype":"F32","shape":[1e999],"data_offsets":[0,4]}}', 4)],
    ['when offsets are in reverse', bytesOf({ a: { dtype: 'F32', shape: [1], data_offsets: [4, 0] } }, 4)],
    ['when an offset is negative', bytesOf({ a: { dtype: 'F32', shape: [1], data_offsets: [-4, 0] } }, 4)],
    [
      'when there are three offsets',
      bytesOf({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 4] } }, 4),
    ],
    ['when offsets do not fit the shape', bytesOf({ a: f32(0, 8, [3]) }, 8)],
    ['when tensors overlap', bytesOf({ a: f32(0, 8), b: f32(4, 12) }, 12)],
    ['when tensors share their bytes', bytesOf({ a: f32(0, 8), b: f32(0, 8) }, 8)],
    ['when tensors leave a hole', bytesOf({ a: f32(0, 4), b: f32(8, 12) }, 12)],
    ['when the first bytes belong to none', bytesOf({ a: f32(4, 8) }, 8)],
    ['when the last bytes belong to none', bytesOf({ a: f32(0, 4) }, 5)],
    ['when it is cut short', bytesOf({ a: f32(0, 400) }, 399)],
    ['when its header is longer than any', bytesOf(`{"__metadata__":{"a":"${'x'.repeat(2 ** 24)}"}}`, 0)],
    ['when its header is nested deeper than tensors are', bytesOf('{"a":{"shape":[[]]}}', 0)],
    ['when its header holds millions of values', bytesOf(`{"a":{"shape":[${'0,'.repeat(2_000_000)}0]}}`, 0)],
    ['when its metadata is not text', bytesOf({ __metadata__: { a: 1 }, b: f32(0, 4) }, 4)],
  ])('%s', (_, bytes) => {
    expect(() => open(bytes)).toThrow(
      expect.objectContaining({ name: 'ModelLoadError', code: 'MODEL_CORRUPT' }),
    );
  });
});

it('shows of a long name only its beginning', () => {
  expect(() => open(bytesOf({ ['x'.repeat(1_000_000)]: 1 }, 0))).toThrow(
    expect.objectContaining({ message: expect.stringMatching(/^.{1,500}$/s) as string }),
  );
});

/** Headers near the format: tensors mostly right, now and then anything at all in some place. */
const size = fc.oneof({ weight: 4, arbitrary: fc.nat(6) }, fc.maxSafeInteger(), fc.jsonValue());
const tensor = fc.record(
  {
    dtype: fc.oneof({ weight: 4, arbitrary: fc.constantFrom('F32', 'F16', 'U8', 'I64') }, fc.jsonValue()),
    shape: fc.oneof({ weight: 4, arbitrary: fc.array(size, { maxLength: 4 }) }, fc.jsonValue()),
    data_offsets: fc.oneof({ weight: 4, arbitrary: fc.array(size, { maxLength: 3 }) }, fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const header = fc.dictionary(fc.string(), fc.oneof({ weight: 5, arbitrary: tensor }, fc.jsonValue()));

describe('whatever a file holds', () => {
  /** Either an error of our own, or entries that all lie inside the file. */
  function opensOrRefuses(bytes: Uint8Array): void {
    try {
      const { entries } = open(bytes);
      const covered = [...entries.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
      const ends = [...entries.values()].map(({ offset, byteLength }) => offset + byteLength);
      expect(Math.max(8, ...ends)).toBeLessThanOrEqual(bytes.length);
      expect(covered).toBeLessThan(bytes.length);
    } catch (error) {
      expect(error).toMatchObject({ name: 'ModelLoadError', code: 'MODEL_CORRUPT' });
    }
  }

  it('it is opened whole or refused: headers near the format', () => {
    fc.assert(
      fc.property(header, fc.nat(64), (fields, dataBytes) => {
        opensOrRefuses(bytesOf(fields, dataBytes));
      }),
      { numRuns: 500 },
    );
  });

  it('it is opened whole or refused: good files with bytes changed or cut off', () => {
    const good = bytesOf({ __metadata__: { a: 'b' }, x: f32(0, 16, [2, 2]), y: f32(16, 24) }, 24);
    const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), fc.nat(good.length), (changes, length) => {
        const bytes = good.slice(0, length);
        for (const [at, value] of changes) if (at < length) bytes[at] = value;
        opensOrRefuses(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('it is opened whole or refused: any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        opensOrRefuses(bytes);
      }),
      { numRuns: 200 },
    );
  });
});
