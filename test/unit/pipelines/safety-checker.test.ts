import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';

import { SafetyChecker } from '../../../lib/components/index.js';
import { OVStableDiffusionPipeline } from '../../../lib/pipelines/index.js';
import { DDIMScheduler } from '../../../lib/schedulers/index.js';
import {
  fakeComponents,
  fakeModel,
  fakeNetworks,
  fakeSettings,
  fakeSource,
} from '../../support/fake-components.js';
import { FakeNetwork, port, type Compute } from '../../support/fake-network.js';
import { isFreed } from '../../support/fake-pipeline.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const CHECKED_SIDE = 8;
const preprocessing = { size: CHECKED_SIDE, crop_size: CHECKED_SIDE };
const two = { numInferenceSteps: 1, seeds: [1, 2], numImagesPerPrompt: 2, outputType: 'raw' } as const;
let warning: MockInstance;

beforeEach(() => {
  warning = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Flags every second image that it is asked of. */
function checkerNetwork(
  score: (asked: number) => number = (asked) => (asked % 2 === 0 ? 0.001 : -1),
): FakeNetwork {
  let asked = 0;
  const compute: Compute = () => ({
    concept_scores: { shape: [1, 17], data: new Float32Array(17).fill(-1).with(16, score(++asked)) },
  });
  return new FakeNetwork(
    [port('clip_input', [-1, 3, CHECKED_SIDE, CHECKED_SIDE])],
    [port('concept_scores', [-1, 17])],
    compute,
  );
}

async function checkedPipeline(
  given: { checker?: FakeNetwork; config?: Readonly<Record<string, unknown>> } = {},
) {
  const { checker = checkerNetwork(), config: config = preprocessing } = given;
  const networks = fakeNetworks();
  const settings = fakeSettings({ properties: { INFERENCE_PRECISION_HINT: 'bf16' } });
  const source = fakeSource('safety_checker', checker);
  const open = vi.spyOn(source, 'open');
  const components = {
    ...(await fakeComponents(networks, settings, fakeModel(networks))),
    safetyChecker: new SafetyChecker(source, settings, config),
  };
  const pipeline = new OVStableDiffusionPipeline(components, new DDIMScheduler());
  return { pipeline, components, checker, networks: { ...networks, checker }, open };
}

describe('an image that the safety checker flags', () => {
  it('is black, is reported, and is a warning; the others stay as they are', async () => {
    const { pipeline, components } = await checkedPipeline();
    const unchecked = new OVStableDiffusionPipeline(
      { ...components, safetyChecker: undefined },
      pipeline.scheduler,
    );
    const { images, nsfwContentDetected } = await pipeline.generate('a', two);
    const plain = await unchecked.generate('a', two);
    expect(nsfwContentDetected).toEqual([false, true]);
    expect(plain.nsfwContentDetected).toBeUndefined();
    expect(images[0]).toEqual(plain.images[0]);
    expect(plain.images[1]!.data.some((level) => level > 0)).toBe(true);
    expect(images[1]!.data.every((level) => level === 0)).toBe(true);
    expect(warning.mock.calls.map(([, options]) => options as unknown)).toEqual([
      { type: 'OpenVINODiffusersWarning', code: 'NSFW_CONTENT_DETECTED' },
    ]);
  });

  it('is black as a GeneratedImage too', async () => {
    const { pipeline } = await checkedPipeline({ checker: checkerNetwork(() => 1) });
    const { images } = await pipeline.generate('a', { ...two, outputType: 'image' });
    expect(images.every(({ data }) => data.every((level) => level === 0))).toBe(true);
  });
});

describe('the safety checker', () => {
  it('is read and compiled at the first image, in f32, and then no more', async () => {
    const { pipeline, checker, open } = await checkedPipeline();
    await pipeline.generate('a', { ...two, outputType: 'latent' });
    expect(open).not.toHaveBeenCalled();
    await pipeline.generate('a', two);
    await pipeline.generate('a', two);
    expect(open).toHaveBeenCalledOnce();
    expect(checker.compilations).toMatchObject([
      {
        shapes: { clip_input: [1, 3, CHECKED_SIDE, CHECKED_SIDE] },
        properties: { INFERENCE_PRECISION_HINT: 'f32' },
      },
    ]);
    expect(pipeline.inferencePrecision).toBe('bf16');
  });

  it('is compiled by reshape, and reported', async () => {
    const { pipeline, checker } = await checkedPipeline();
    const events: string[] = [];
    await pipeline.reshape({ height: 16, width: 16, onProgress: ({ component }) => events.push(component) });
    expect(events).toEqual(['text_encoder', 'unet', 'vae_decoder', 'safety_checker']);
    expect(checker.compilations).toHaveLength(1);
  });

  it.each([false, true])('is freed with its pipelines (used: %s)', async (isUsed) => {
    const { pipeline, networks } = await checkedPipeline();
    const second = OVStableDiffusionPipeline.fromPipe(pipeline);
    if (isUsed) await pipeline.generate('a', two);
    await pipeline.dispose();
    if (isUsed) expect(isFreed({ checker: networks.checker } as object)).toBe(false);
    if (isUsed) await second.generate('a', two);
    await second.dispose();
    expect(isFreed(networks)).toBe(true);
  });

  it('that cannot be read fails the call and is tried again', async () => {
    const { pipeline, open } = await checkedPipeline();
    open.mockRejectedValueOnce(new Error('moved'));
    await expect(pipeline.generate('a', two)).rejects.toThrow('moved');
    expect((await pipeline.generate('a', two)).nsfwContentDetected).toHaveLength(2);
  });

  it('that takes images of another size than its configuration makes is refused', async () => {
    const { pipeline } = await checkedPipeline({ config: {} });
    await expect(pipeline.generate('a', two)).rejects.toMatchObject({
      code: 'INCOMPATIBLE_COMPONENTS',
      message: expect.stringContaining('8 x 8 pixels') as string,
    });
  });

  it('that gives no numbers lets no image through', async () => {
    const { pipeline } = await checkedPipeline({ checker: checkerNetwork(() => NaN) });
    await expect(pipeline.generate('a', two)).rejects.toMatchObject({ code: 'NUMERICS' });
  });
});
