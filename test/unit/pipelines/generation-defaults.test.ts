import { describe, expect, it, vi } from 'vitest';

import { OVStableDiffusionImg2ImgPipeline, OVStableDiffusionPipeline } from '../../../lib/index.js';
import { fakePipeline } from '../../support/fake-pipeline.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const size = { width: 16, height: 16 };

describe('generation defaults', () => {
  it('are diffusers’ for Stable Diffusion', async () => {
    const { pipeline } = await fakePipeline();
    expect(pipeline.generationDefaults).toEqual({ numInferenceSteps: 50, guidanceScale: 7.5, eta: 0 });
  });

  it('can be set, in part, and set back', async () => {
    const { pipeline } = await fakePipeline({ generationDefaults: { guidanceScale: 3 } });
    expect(pipeline.generationDefaults).toMatchObject({ numInferenceSteps: 50, guidanceScale: 3 });
    pipeline.generationDefaults = { numInferenceSteps: 4 };
    expect(pipeline.generationDefaults).toMatchObject({ numInferenceSteps: 4, guidanceScale: 7.5 });
    const other = OVStableDiffusionPipeline.fromPipe(pipeline);
    expect(other.generationDefaults).toEqual(pipeline.generationDefaults);
    pipeline.generationDefaults = {};
    expect(pipeline.generationDefaults).toMatchObject({ numInferenceSteps: 50, guidanceScale: 7.5 });
  });

  it.each([{ numInferenceSteps: 0 }, { guidanceScale: '3' }, { eta: 2 }, { steps: 4 }, null, 4])(
    'are refused as %j, and stay as they were',
    async (wrong) => {
      const { pipeline } = await fakePipeline({ generationDefaults: { numInferenceSteps: 2 } });
      expect(() => {
        pipeline.generationDefaults = wrong as never;
      }).toThrow(expect.objectContaining({ name: 'InvalidArgumentError' }));
      expect(pipeline.generationDefaults.numInferenceSteps).toBe(2);
      await expect(
        OVStableDiffusionPipeline.fromPretrained('/nowhere', { generationDefaults: wrong as never }),
      ).rejects.toMatchObject({ name: 'InvalidArgumentError' });
    },
  );

  it('are what generate uses, unless its options say otherwise', async () => {
    const { pipeline } = await fakePipeline({
      generationDefaults: { numInferenceSteps: 2, guidanceScale: 0 },
    });
    const own = await pipeline.generate('a');
    expect(own.images[0]!.parameters).toMatchObject({ numInferenceSteps: 2, guidanceScale: 0 });
    const options = { numInferenceSteps: 3, guidanceScale: 5 };
    const given = await pipeline.generate('a', options);
    expect(given.images[0]!.parameters).toMatchObject(options);
  });

  it('leave reshape without the half for guidance where there is none', async () => {
    const { pipeline } = await fakePipeline({
      generationDefaults: { numInferenceSteps: 1, guidanceScale: 0 },
      strictShapes: true,
    });
    await pipeline.reshape(size);
    await expect(pipeline.generate('a')).resolves.toBeDefined();
    await expect(pipeline.generate('a', { guidanceScale: 2 })).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
    });
  });

  it('leave a step for an image at any strength', async () => {
    const { pipeline } = await fakePipeline({
      generationDefaults: { numInferenceSteps: 1, guidanceScale: 0 },
    });
    const imageToImage = OVStableDiffusionImg2ImgPipeline.fromPipe(pipeline);
    const image = { data: new Uint8Array(16 * 16 * 3), width: 16, height: 16, channels: 3 } as const;
    const { images } = await imageToImage.generate('a', { image, strength: 0.3 });
    expect(images[0]!.parameters).toMatchObject({ numInferenceSteps: 4, strength: 0.3 });
  });
});
