import { describe, expect, it } from 'vitest';

import { findPort, fixedDimension, refuseOtherInputs, requirePort } from '../../../lib/components/ports.js';
import { port } from '../../support/fake-network.js';

const sample = { names: ['latent_sample', 'sample'], elementType: 'f32', shape: [1, -1, [4, 8], 5] as const };
const timestep = port('timestep', null);

describe('a port', () => {
  it('is found by any of its names, the name asked for first winning', () => {
    expect(findPort([timestep, sample], 'sample')).toEqual({ name: 'sample', port: sample });
    expect(findPort([timestep, sample], 'latent_sample', 'timestep')).toMatchObject({ port: sample });
    expect(findPort([timestep, sample], 'timestep', 'sample')).toMatchObject({ port: timestep });
    expect(findPort([timestep, sample], 'other', 'sample')).toEqual({ name: 'sample', port: sample });
    expect(findPort([timestep, sample], 'other')).toBeUndefined();
  });

  it('that is required and missing is an error, which names what there is', () => {
    expect(requirePort('unet', [sample], 'sample')).toEqual({ name: 'sample', port: sample });
    expect(() => requirePort('unet', [sample, timestep], 'x', 'y')).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED',
        message: "The unet has no port named 'x' or 'y'; it has latent_sample/sample, timestep",
      }),
    );
  });

  it('has a fixed dimension, or none: free, bounded, beyond its rank, or without a rank', () => {
    expect([0, 1, 2, 3, 4].map((axis) => fixedDimension(sample, axis))).toEqual([
      1,
      undefined,
      undefined,
      5,
      undefined,
    ]);
    expect(fixedDimension(timestep, 0)).toBeUndefined();
    expect(fixedDimension(port('x', [0]), 0)).toBe(0);
  });
});

describe('inputs beyond those a component knows', () => {
  it('are refused by name', () => {
    expect(() => {
      refuseOtherInputs('unet', [sample, timestep, port('class_labels', [1])], ['sample', 'timestep']);
    }).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED',
        message: 'The unet needs inputs that this pipeline does not have: class_labels',
      }),
    );
  });

  it('are none where one of a port’s names is known', () => {
    expect(() => {
      refuseOtherInputs('unet', [sample, timestep], ['timestep', 'sample', 'time_ids']);
    }).not.toThrow();
  });
});
