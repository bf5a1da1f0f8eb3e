import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { formatParameters, parseParameters, type GenerationParameters } from '../../../../lib/image/index.js';

/** Pieces that the format itself uses, among others. */
const awkward = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'Negative prompt:',
        'Negative prompt: x',
        'Steps: 20, Sampler: Euler, Seed: 1',
        'Prompt: "x"',
        'Steps:',
      ),
      fc.constantFrom('\n', '\r\n', '\r', ' ', ', ', ': ', '"', '\\', '\\"', '\t', '\u2028', '\u00a0', '\0'),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join(''));
const count = fc.integer({ min: 1, max: 1000 });
const fraction = fc.double({ min: 1e-6, max: 30, noNaN: true });
const parameters = fc.record(
  {
    prompt: awkward,
    negativePrompt: awkward.filter((text) => text !== ''),
    numInferenceSteps: count,
    guidanceScale: fraction,
    seed: fc.oneof(
      fc.integer({ min: 0 }),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
      fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
    ),
    model: awkward,
    clipSkip: fc.integer({ min: 1, max: 24 }),
    eta: fraction,
    rng: fc.constant('CPU'),
    batchSize: count,
    batchIndex: fc.integer({ min: 0, max: 8 }),
    strength: fraction,
    inferencePrecision: fc.constantFrom('bf16', 'f32'),
    weightFormat: fc.constantFrom('fp16', 'int8'),
    version: fc.constantFrom('0.1.0', '1.0.0-rc.1'),
    otherFields: fc.dictionary(
      fc.constantFrom('Model hash', 'Lora hashes', 'Style/0', '__proto__'),
      awkward,
      {
        minKeys: 1,
      },
    ),
  },
  { requiredKeys: ['prompt'] },
) as fc.Arbitrary<GenerationParameters>;

describe('parameters that are written', () => {
  const options = { numRuns: 2000 };

  test('are read back, whatever their texts hold', () => {
    fc.assert(
      fc.property(parameters, (given) => {
        const { prompt, ...others } = given;
        const isAlone = Object.keys(others).length === 0;
        const expected = isAlone
          ? { prompt: expect.toSatisfy((text: string) => text.trim() === prompt.trim()) as string }
          : given;
        expect(parseParameters(formatParameters(given))).toEqual(expected);
      }),
      options,
    );
  });

  test("have the same prompts for the web UI's reader, but for white space", () => {
    fc.assert(
      fc.property(parameters, (given) => {
        const text = formatParameters({ ...given, numInferenceSteps: 20, seed: 1, guidanceScale: 7 });
        const { prompt, negativePrompt } = readAsWebUi(text);
        const plain = (value = ''): string => value.replace(/\s+/g, '');
        expect([plain(prompt), plain(negativePrompt)]).toEqual([
          plain(given.prompt),
          plain(given.negativePrompt),
        ]);
      }),
      options,
    );
  });
});

/** The reader of the web UI, by the description of its format: a last line of fields overrides what stands above. */
function readAsWebUi(text: string): { prompt: string; negativePrompt: string } {
  const pair = /\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)/g;
  const lines = text.trim().split('\n');
  const read = new Map<string, string>();
  let part = 'Prompt';
  for (const line of lines.slice(0, -1).map((untrimmed) => untrimmed.trim())) {
    const isNegative = line.startsWith('Negative prompt:');
    if (isNegative) part = 'Negative prompt';
    read.set(part, [read.get(part) ?? '', isNegative ? line.slice(16) : line].join('\n'));
  }
  for (const [, name = '', value = ''] of lines.at(-1)!.matchAll(pair)) {
    read.set(name, value.startsWith('"') && value.endsWith('"') ? (JSON.parse(value) as string) : value);
  }
  return { prompt: read.get('Prompt') ?? '', negativePrompt: read.get('Negative prompt') ?? '' };
}
