import { describe, expect, test } from 'vitest';

import { formatParameters, parseParameters } from '../../../../lib/image/index.js';
import { webUiInfotexts } from '../../../support/web-ui-infotexts.js';

describe('reading parameters', () => {
  test.each(webUiInfotexts)('of the web UI, %s', (_, text, expected) => {
    expect(parseParameters(text)).toEqual(expected);
    expect(parseParameters(text.replaceAll('\n', '\r\n'))).toMatchObject({
      ...expected,
      prompt: expect.any(String) as string,
      ...(expected.negativePrompt !== undefined && { negativePrompt: expect.any(String) as string }),
    });
  });

  test.each(webUiInfotexts)('and writing them again says the same: %s', (_, text, expected) => {
    expect(parseParameters(formatParameters(parseParameters(text)))).toEqual(expected);
  });

  test('keeps values that are not what their names promise as text', () => {
    const text =
      'x\nSteps: many, CFG scale: 7,5, Seed: 0x10, Size: 512, Clip skip: 0, Eta: ., Batch size: 1.5';
    const parsed = parseParameters(text);
    expect(parsed).toEqual({
      prompt: 'x',
      guidanceScale: 7,
      otherFields: {
        Steps: 'many',
        Seed: '0x10',
        Size: '512',
        'Clip skip': '0',
        Eta: '.',
        'Batch size': '1.5',
      },
    });
  });

  test.each([
    ['not JSON', '{'],
    ['no object', '[1]'],
    ['a nested value', '{"a":{"b":1}}'],
    ['a name that is none', '{"__proto__":1}'],
  ])('keeps a configuration as text that is %s', (_, config) => {
    const parsed = parseParameters(
      `x\nSteps: 1, Sampler: Euler, Scheduler config: ${JSON.stringify(config)}`,
    );
    expect(parsed).toEqual({
      prompt: 'x',
      numInferenceSteps: 1,
      scheduler: 'EulerDiscreteScheduler',
      otherFields: { 'Scheduler config': config },
    });
  });

  test('takes a text without fields for a prompt', () => {
    expect(parseParameters('portrait, mood: calm')).toEqual({ prompt: 'portrait, mood: calm' });
    expect(parseParameters('')).toEqual({ prompt: '' });
  });

  test('gives fields of any name as own properties', () => {
    const parsed = parseParameters('x\nSteps: 1, Seed: 2, CFG scale: 3, __proto__: 4, constructor: 5');
    expect(Object.entries(parsed.otherFields!)).toEqual([
      ['__proto__', '4'],
      ['constructor', '5'],
    ]);
    expect(formatParameters(parsed)).toContain('__proto__: 4, constructor: 5');
  });

  test.each([undefined, 7, Buffer.from('x')])('refuses %j', (text) => {
    expect(() => parseParameters(text as unknown as string)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });

  test.each([
    ['letters', 'a'],
    ['spaces', ' '],
    ['colons', ':'],
    ['names', 'ab:'],
    ['opened quotes', 'ab:"'],
    ['escapes in quotes', 'ab:"\\'],
    ['commas', 'ab:,'],
    ['carriage returns', '\r'],
    ['lines', 'Negative prompt:\n'],
  ])('takes one pass over a long text of %s', (_, unit) => {
    // Quadratic work on these 8 MB would outlast any test's time.
    const text = unit.repeat(Math.floor((8 << 20) / unit.length));
    expect(parseParameters(text).prompt.length).toBeLessThanOrEqual(text.length);
  });
});
