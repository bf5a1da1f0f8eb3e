import { describe, expect, test } from 'vitest';

import { formatParameters } from '../../../../lib/image/index.js';

// The expected texts follow create_infotext and quote of AUTOMATIC1111's stable-diffusion-webui, whose own reader
// takes the last line apart with the expression below.
const webUiPair = /\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)/g;

describe('the parameters text', () => {
  test('has the prompt, the negative prompt and a line of settings', () => {
    const text = formatParameters({
      prompt: 'a cat, sitting',
      negativePrompt: 'blurry',
      numInferenceSteps: 20,
      guidanceScale: 7.5,
      scheduler: 'DPMSolverMultistepScheduler',
      seed: 42,
      width: 512,
      height: 768,
      model: 'stable-diffusion-v1-5',
      version: '0.1.0',
    });
    expect(text).toBe(
      'a cat, sitting\n' +
        'Negative prompt: blurry\n' +
        'Steps: 20, Sampler: DPM++ 2M, CFG scale: 7.5, Seed: 42, Size: 512x768, Model: stable-diffusion-v1-5, ' +
        'Version: openvino-diffusers 0.1.0',
    );
  });

  test('leaves out what is not known', () => {
    expect(formatParameters({ prompt: 'a cat', negativePrompt: '', numInferenceSteps: 4 })).toBe(
      'a cat\nSteps: 4',
    );
    expect(formatParameters({ prompt: 'a cat' })).toBe('a cat');
  });

  test('keeps every digit of a 64-bit seed', () => {
    expect(formatParameters({ prompt: '', seed: 2n ** 64n - 1n })).toBe('Seed: 18446744073709551615');
  });

  test("names a scheduler the web UI does not have by diffusers' class", () => {
    expect(formatParameters({ prompt: '', scheduler: 'EDMEulerScheduler' })).toBe(
      'Sampler: EDMEulerScheduler',
    );
  });

  test.each(['a, b', 'a: b', 'two\nlines', 'say "hi", twice\\'])(
    'quotes the value %j so that it reads back',
    (model) => {
      const lastLine = formatParameters({ prompt: '', numInferenceSteps: 20, model, version: '1.0.0' });
      const pairs = [...lastLine.matchAll(webUiPair)].map(([, name, value]) => [name, value]);
      expect(pairs).toEqual([
        ['Steps', '20'],
        ['Model', JSON.stringify(model)],
        ['Version', 'openvino-diffusers 1.0.0'],
      ]);
    },
  );
});
