import { afterEach, describe, expect, it, vi } from 'vitest';

import { SIDE } from '../../support/fake-components.js';
import { fakePipeline } from '../../support/fake-pipeline.js';
import { machine } from '../../support/fake-runtime.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const size = { height: SIDE, width: SIDE };
const quick = { numInferenceSteps: 1, seed: 1, outputType: 'latent' } as const;
const OUT_OF_MEMORY = { code: 'OUT_OF_MEMORY' };

afterEach(() => {
  machine.availableBytes = 2 ** 40;
});

describe('a size that cannot fit', () => {
  it('is refused by generate before any noise is drawn or network compiled', async () => {
    const { pipeline, networks } = await fakePipeline();
    machine.availableBytes = 100_000;
    const randn = vi.fn();
    const generator = { randn };
    const generating = pipeline.generate('a', { height: 512, width: 512, generator });
    await expect(generating).rejects.toMatchObject(OUT_OF_MEMORY);
    expect(randn).not.toHaveBeenCalled();
    expect(networks.text_encoder.compilations).toEqual([]);
    await expect(pipeline.generate('a', { ...quick, ...size })).resolves.toBeDefined();
  });

  it('is refused by generate however large', async () => {
    const { pipeline } = await fakePipeline();
    machine.availableBytes = 16e9;
    const vast = { height: 16384, width: 16384, numImagesPerPrompt: 1024 };
    await expect(pipeline.generate('a', vast)).rejects.toMatchObject(OUT_OF_MEMORY);
  });

  it('is refused by reshape, which leaves what is compiled', async () => {
    const { pipeline, networks } = await fakePipeline();
    await pipeline.reshape(size);
    machine.availableBytes = 100_000;
    await expect(pipeline.reshape({ height: 512, width: 512 })).rejects.toMatchObject(OUT_OF_MEMORY);
    expect(networks.unet.alive.compiledModels).toBe(1);
    await pipeline.generate('a', quick);
    expect(networks.unet.compilations).toHaveLength(1);
  });
});

it('weights that are compiled already need no memory again', async () => {
  const { pipeline, networks } = await fakePipeline();
  await pipeline.reshape(size);
  for (const network of Object.values(networks)) network.weightElements = 1e9;
  machine.availableBytes = 100_000;
  await expect(pipeline.generate('a', quick)).resolves.toBeDefined();
  await expect(pipeline.generate('a', { ...quick, height: 8 })).rejects.toMatchObject(OUT_OF_MEMORY);
});
