import { describe, expect, it } from 'vitest';

import { DDIMScheduler } from '../../../lib/schedulers/index.js';

const invalid = (message: string): unknown =>
  expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) as string });

describe('setTimesteps', () => {
  it('takes a number, or options with one', () => {
    const [byNumber, byOptions] = [new DDIMScheduler(), new DDIMScheduler()];
    byNumber.setTimesteps(7);
    byOptions.setTimesteps({ numInferenceSteps: 7, timesteps: undefined });
    expect(byOptions.timesteps).toEqual(byNumber.timesteps);
  });

  it.each([
    ['a schedule that the class does not take', { timesteps: [999, 1] }, 'DDIMScheduler takes no timesteps'],
    ['sigmas that the class does not take', { sigmas: [14, 1] }, 'DDIMScheduler takes no sigmas'],
    ['nothing', {}, 'received none'],
    ['a fraction', { numInferenceSteps: 1.5 }, 'integer between 1 and 1000'],
    ['null', null, 'integer between 1 and 1000'],
  ])('refuses %s', (_, options, message) => {
    expect(() => {
      new DDIMScheduler().setTimesteps(options as never);
    }).toThrow(invalid(message));
  });

  it('names the option that was probably meant', () => {
    expect(() => {
      new DDIMScheduler().setTimesteps({ numInferenceStep: 5 } as never);
    }).toThrow(expect.objectContaining({ code: 'UNKNOWN_OPTION' }));
  });
});
