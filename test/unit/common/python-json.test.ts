import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { duplicateKey, jsonExcess } from '../../../lib/common/json-text.js';
import { parsePythonJson, toPythonJson } from '../../../lib/common/python-json.js';

describe('JSON as Python writes it', () => {
  it('has numbers that JSON has not', () => {
    expect(parsePythonJson('{"a": NaN, "b": [Infinity, -Infinity], "c": 1}')).toEqual({
      a: null,
      b: [Infinity, -Infinity],
      c: 1,
    });
  });

  it('has them as text inside strings, behind escapes too', () => {
    const value = { 'a "NaN"': 'NaN, Infinity', 'b\\': '\\"Infinity', NaN: '\\' };
    expect(parsePythonJson(JSON.stringify(value))).toEqual(value);
  });

  it.each([
    '1Infinity',
    'Infinity5',
    'Infinity_',
    'xNaN',
    'NaNs',
    '-NaN',
    'Infinit',
    '+Infinity',
    '"NaN',
    'N',
  ])('does not have %s', (text) => {
    expect(() => parsePythonJson(`[${text}]`)).toThrow(SyntaxError);
  });

  it('is read as JSON.parse reads it where it is JSON, and refused where it is not', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.json(), fc.string({ unit: fc.constantFrom('"', '\\', '[', ',', '1', 'e') })),
        (text) => {
          let expected: unknown;
          try {
            expected = JSON.parse(text);
          } catch {
            expect(() => parsePythonJson(text)).toThrow(SyntaxError);
            return;
          }
          expect(parsePythonJson(text)).toEqual(expected);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is written as JSON.stringify writes it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(toPythonJson(value)).toBe(`${JSON.stringify(value, null, 2)}\n`);
      }),
    );
  });

  it("is written with Python's numbers, and floats where they are wanted", () => {
    expect(
      toPythonJson({ a: Infinity, b: [-Infinity, NaN], eps: 1, n: 1, skipped: undefined }, ['eps']),
    ).toBe('{\n  "a": Infinity,\n  "b": [\n    -Infinity,\n    NaN\n  ],\n  "eps": 1.0,\n  "n": 1\n}\n');
  });

  it('is written so that no text of a file becomes anything but text', () => {
    const value = { a: '\0NaN', b: '\u00001e5', '\0x': '"\\u0000y"' };
    expect(JSON.parse(toPythonJson(value))).toEqual(value);
  });
});

describe('before JSON is parsed', () => {
  const limits = { maxDepth: 3, maxValues: 10 };

  it.each([
    ['[[[1]]]', undefined],
    ['[[[[1]]]]', 'it is nested deeper than 3 levels'],
    ['{"a":[{"b":[]}]}', 'it is nested deeper than 3 levels'],
    ['["[[[[", "\\"[[[["]', undefined],
    ['[1,2,3,4,5,6,7,8,9]', undefined],
    ['[1,2,3,4,5,6,7,8,9,10]', 'it holds more than 10 values'],
    ['["1,2,3,4,5,6,7,8,9,10,11"]', undefined],
    ['[[],[],[],[],[]', 'it holds more than 10 values'],
  ])('%s is looked through', (text, excess) => {
    expect(jsonExcess(text, limits)).toBe(excess);
  });

  it.each([
    ['{"a":1,"b":{"a":1}}', undefined],
    ['{"a":1,"b":2,"a":3}', 'a'],
    ['{"b":{"x":1,"\\u0078":2}}', 'x'],
    ['[{"a":1},{"a":1}]', undefined],
    ['{"a":"b:","b":":"}', undefined],
  ])('keys that stand twice in %s are found', (text, key) => {
    expect(duplicateKey(text)).toBe(key);
  });
});
