import { describe, expect, it, vi } from 'vitest';

import { HeunDiscreteScheduler } from '../../../lib/schedulers/index.js';
import { SIDE } from '../../support/fake-components.js';
import { fakePipeline, isFreed } from '../../support/fake-pipeline.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const size = { width: SIDE, height: SIDE };
const options = { numInferenceSteps: 4, seed: 1, guidanceStart: 0.25, guidanceEnd: 0.75 };

describe('generate with guidance in a part of its steps', () => {
  it('runs the UNet at half the batch in the others, with the rows of the prompts', async () => {
    const { pipeline, networks } = await fakePipeline();
    const { images } = await pipeline.generate(['a', 'b'], options);
    const { inferences } = networks.unet;
    const states = inferences.map((inputs) => inputs.encoder_hidden_states!);
    expect(states.map(({ shape }) => shape[0])).toEqual([2, 4, 4, 2]);
    const guided = Array.from(states[1]!.data);
    for (const plain of [states[0]!, states[3]!]) {
      expect(Array.from(plain.data)).toEqual(guided.slice(guided.length / 2));
    }
    expect(images[0]!.parameters).toMatchObject({ guidanceStart: 0.25, guidanceEnd: 0.75 });
    await pipeline.dispose();
    expect(isFreed(networks)).toBe(true);
  });

  it('compiles a network for each batch after reshape, before the first step', async () => {
    const { pipeline, networks } = await fakePipeline();
    await pipeline.reshape(size);
    const compiled: number[] = [];
    await pipeline.generate('a', {
      ...options,
      onStep: () => void compiled.push(networks.unet.compilations.length),
    });
    expect(compiled).toEqual([2, 2, 2, 2]);
    expect(networks.unet.compiledShapes.map((shapes) => shapes!.sample![0])).toEqual([2, 1]);
    await pipeline.dispose();
    expect(isFreed(networks)).toBe(true);
  });

  it('keeps both calls of a step of second order together', async () => {
    const { pipeline, networks } = await fakePipeline({ scheduler: new HeunDiscreteScheduler() });
    await pipeline.generate('a', options);
    const batches = networks.unet.inferences.map((inputs) => inputs.sample!.shape[0]);
    expect(batches).toEqual([1, 1, 2, 2, 2, 2, 1]);
    await pipeline.dispose();
  });

  it('has no interval to write where there is no guidance, or all steps are guided', async () => {
    const { pipeline, networks } = await fakePipeline();
    for (const given of [
      { ...options, guidanceScale: 1 },
      { seed: 1, numInferenceSteps: 2, guidanceEnd: 1 },
    ]) {
      const { images } = await pipeline.generate('a', given);
      expect(Object.keys(images[0]!.parameters!).filter((key) => /guidance(Start|End)/.test(key))).toEqual(
        [],
      );
    }
    expect(networks.unet.inferences.map((inputs) => inputs.sample!.shape[0])).toEqual([1, 1, 1, 1, 2, 2]);
    await pipeline.dispose();
  });

  it('is refused with strictShapes, and stays usable', async () => {
    const { pipeline, networks } = await fakePipeline({ strictShapes: true });
    await pipeline.reshape(size);
    await expect(pipeline.generate('a', options)).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
    expect(networks.unet.inferences).toEqual([]);
    await pipeline.generate('a', { numInferenceSteps: 1 });
    await pipeline.dispose();
  });

  it.each([
    { guidanceStart: 0.5, guidanceEnd: 0.5 },
    { guidanceStart: 0.8, guidanceEnd: 0.2 },
    { guidanceStart: 1 },
    { guidanceEnd: 1.1 },
    { guidanceStart: -0.1 },
  ])('refuses %j before any network runs', async (interval) => {
    const { pipeline, networks } = await fakePipeline();
    await expect(pipeline.generate('a', interval)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(networks.text_encoder.inferences).toEqual([]);
    await pipeline.dispose();
  });

  it('frees both networks when it is aborted between them', async () => {
    const { pipeline, networks } = await fakePipeline();
    const controller = new AbortController();
    const generating = pipeline.generate('a', {
      ...options,
      signal: controller.signal,
      onStep: () => {
        controller.abort();
      },
    });
    await expect(generating).rejects.toMatchObject({ name: 'AbortError' });
    await pipeline.dispose();
    expect(isFreed(networks)).toBe(true);
  });
});
