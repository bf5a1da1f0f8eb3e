import { describe, expect, it, vi } from 'vitest';

import { requireMemory } from '../../../lib/components/required-memory.js';
import { machine } from '../../support/fake-runtime.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const unet = { component: 'unet', weights: 1.7e9, activations: 2e7 };
const vae = { component: 'vae_decoder', weights: 0, activations: 6.9e10 };

describe('memory', () => {
  it('that is there is taken without a word', () => {
    expect(() => {
      requireMemory([unet], 1.72e9);
    }).not.toThrow();
  });

  it('that is not there is refused with the figures of each network', () => {
    expect(() => {
      requireMemory([unet, vae], 2e10);
    }).toThrow(
      expect.objectContaining({
        code: 'OUT_OF_MEMORY',
        message:
          'This size needs at least 70.7 GB of memory and 20.0 GB are available (unet: 1.7 GB of weights and ' +
          '0.02 GB of activations; vae_decoder: 69.0 GB of activations)',
      }),
    );
  });

  it('is what the machine has left', () => {
    const { availableBytes } = machine;
    machine.availableBytes = 1e9;
    expect(() => {
      requireMemory([unet]);
    }).toThrow('1.0 GB are available');
    machine.availableBytes = availableBytes;
  });
});
