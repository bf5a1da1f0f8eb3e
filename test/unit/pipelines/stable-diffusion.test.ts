import { afterEach, describe, expect, it, vi } from 'vitest';

import type { StepInfo } from '../../../lib/denoising/index.js';
import { GeneratedImage } from '../../../lib/image/index.js';
import { TorchGenerator } from '../../../lib/random/index.js';
import { DDIMScheduler, EulerAncestralDiscreteScheduler } from '../../../lib/schedulers/index.js';
import { fakeNetworks, SAMPLE_SIZE, SIDE, vaeDecoderNetwork } from '../../support/fake-components.js';
import type { FakeNetwork } from '../../support/fake-network.js';
import { fakePipeline } from '../../support/fake-pipeline.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const quick = { numInferenceSteps: 2, seed: 1, outputType: 'latent' } as const;
const elements = 4 * SAMPLE_SIZE * SAMPLE_SIZE;

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a generation', () => {
  it('guides the prediction for the prompt away from that for the negative prompt, at each step', async () => {
    const { pipeline, components } = await fakePipeline();
    const { latents } = await pipeline.generate('a cat', { ...quick, negativePrompt: 'a', guidanceScale: 3 });

    const mean = (text: string) =>
      [...components.tokenizer.encode(text).ids].reduce((sum, id) => sum + id / 1000, 0) / 77;
    const scheduler = pipeline.scheduler.clone();
    scheduler.setTimesteps(2);
    let expected = new TorchGenerator(1).randn([1, 4, SAMPLE_SIZE, SAMPLE_SIZE]);
    for (const timestep of scheduler.timesteps) {
      const predictionFor = (text: string) =>
        expected.map((value) => value / 10 + mean(text) + timestep / 1e5);
      const [negative, positive] = [predictionFor('a'), predictionFor('a cat')];
      const guided = negative.map((value, i) => value + 3 * (positive[i]! - value));
      expected = scheduler.step(guided, timestep, expected).prevSample;
    }
    expect(latents.shape).toEqual([1, 4, SAMPLE_SIZE, SAMPLE_SIZE]);
    latents.data.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
  });

  it.each([1, 0])('at guidance %d runs the UNet on the prompts alone', async (guidanceScale) => {
    const { pipeline, networks } = await fakePipeline();
    await pipeline.generate('a', { ...quick, guidanceScale, negativePrompt: 'b' });
    expect(networks.text_encoder.inferences).toHaveLength(1);
    expect(networks.unet.inferences.map(({ sample }) => sample!.shape[0])).toEqual([1, 1]);
  });

  it('makes images of each prompt in one batch', async () => {
    const { pipeline, networks } = await fakePipeline();
    const { images } = await pipeline.generate(['a', 'b'], {
      numInferenceSteps: 1,
      seeds: [1, 2, 3, 4],
      numImagesPerPrompt: 2,
    });
    expect(images.map(({ seed, parameters }) => [seed, parameters!.prompt])).toEqual([
      [1, 'a'],
      [2, 'a'],
      [3, 'b'],
      [4, 'b'],
    ]);
    expect(networks.unet.inferences.map(({ sample }) => sample!.shape[0])).toEqual([8]);
  });

  it('has an image of a seed’s own whatever else is in the batch', async () => {
    const { pipeline } = await fakePipeline({ scheduler: new EulerAncestralDiscreteScheduler() });
    const both = await pipeline.generate(['a', 'b'], { ...quick, seed: undefined, seeds: [7, 8] });
    const alone = await pipeline.generate('b', { ...quick, seed: undefined, seeds: [8] });
    expect(both.latents.data.subarray(elements)).toEqual(alone.latents.data);
    expect(both.seeds).toEqual([7, 8]);
  });

  it('is repeated by the seeds it reports', async () => {
    const { pipeline } = await fakePipeline();
    const first = await pipeline.generate('a', { ...quick, seed: undefined });
    const again = await pipeline.generate('a', {
      ...quick,
      seed: undefined,
      seeds: first.seeds as number[],
    });
    expect(again.latents.data).toEqual(first.latents.data);
  });

  it('starts from latents that are given', async () => {
    const { pipeline, networks } = await fakePipeline();
    const latents = new Float32Array(elements).fill(0.5);
    const { seeds } = await pipeline.generate('a', { ...quick, latents, guidanceScale: 1 });
    expect(networks.unet.inferences[0]!.sample!.data).toEqual(latents);
    expect(seeds).toEqual([undefined]);
  });

  it('takes the scheduler that the pipeline has when it is called', async () => {
    const { pipeline } = await fakePipeline();
    const expected = await pipeline.generate('a', quick);
    const call = pipeline.generate('a', quick);
    pipeline.scheduler = new EulerAncestralDiscreteScheduler();
    expect((await call).latents.data).toEqual(expected.latents.data);
  });

  it('leaves the pipeline’s scheduler as it is', async () => {
    const scheduler = new DDIMScheduler({ stepsOffset: 1, clipSample: false });
    const { pipeline } = await fakePipeline({ scheduler });
    await pipeline.generate('a', quick);
    expect(pipeline.scheduler).toBe(scheduler);
    expect(scheduler.timesteps).toEqual([]);
  });
});

describe('an output', () => {
  it('is images by default, with seed and parameters', async () => {
    const { pipeline } = await fakePipeline();
    const { images, seeds, stopped } = await pipeline.generate('a', { numInferenceSteps: 1, seed: 9 });
    expect(images[0]).toBeInstanceOf(GeneratedImage);
    expect(images[0]).toMatchObject({
      width: SIDE,
      height: SIDE,
      seed: 9,
      parameters: {
        prompt: 'a',
        numInferenceSteps: 1,
        guidanceScale: 7.5,
        model: 'fake',
        inferencePrecision: 'f32',
      },
    });
    expect([seeds, stopped]).toEqual([[9], false]);
  });

  it('as raw is the same pixels', async () => {
    const { pipeline } = await fakePipeline();
    const options = { numInferenceSteps: 1, seed: 9 };
    const { images } = await pipeline.generate('a', options);
    const raw = await pipeline.generate('a', { ...options, outputType: 'raw' });
    expect(raw.images).toEqual([{ width: SIDE, height: SIDE, channels: 3, data: images[0]!.data }]);
  });

  it('as latents is not decoded, nor divided by the scaling factor', async () => {
    const { pipeline, networks } = await fakePipeline();
    const { latents } = await pipeline.generate('a', quick);
    expect(networks.vae_decoder.inferences).toEqual([]);
    await pipeline.generate('a', { ...quick, outputType: 'image' });
    expect(networks.vae_decoder.inferences[0]!.latent_sample!.data).toEqual(
      latents.data.map((value) => value / 0.5),
    );
  });
});

describe('onStep', () => {
  it('hears of each step, and its latents are those of the result', async () => {
    const { pipeline } = await fakePipeline();
    const seen: StepInfo[] = [];
    const { latents } = await pipeline.generate('a', { ...quick, onStep: (info) => void seen.push(info) });
    expect(seen.map(({ step, steps }) => [step, steps])).toEqual([
      [1, 2],
      [2, 2],
    ]);
    expect(seen[1]!.latents).toEqual(latents.data);
  });

  it('may stop early; the latents are decoded as they are', async () => {
    const { pipeline, networks } = await fakePipeline();
    let latents: Float32Array | undefined;
    const { images, stopped } = await pipeline.generate('a', {
      seed: 1,
      onStep: (info) => {
        latents = info.latents;
        return 'stop';
      },
    });
    expect([stopped, images.length, networks.unet.inferences.length]).toEqual([true, 1, 1]);
    expect(networks.vae_decoder.inferences[0]!.latent_sample!.data).toEqual(
      latents!.map((value) => value / 0.5),
    );
  });
});

describe('timings', () => {
  it('are of the call’s own turn, of its inferences, and of its steps without onStep', async () => {
    let now = 1000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const networks = fakeNetworks();
    const taking = (network: FakeNetwork, milliseconds: number) => {
      const { compute } = network;
      vi.spyOn(network, 'compute').mockImplementation((inputs) => {
        now += milliseconds;
        return compute(inputs);
      });
    };
    taking(networks.text_encoder, 500);
    taking(networks.unet, 2000);
    taking(networks.vae_decoder, 250);
    const { pipeline } = await fakePipeline({ networks });
    const onStep = () => {
      now += 60_000;
    };
    const options = { numInferenceSteps: 3, seed: 1, onStep };
    const [, second] = await Promise.all([pipeline.generate('a', options), pipeline.generate('b', options)]);
    // Twice the text encoder, three steps, the VAE; and three calls of onStep.
    expect(second.timings).toEqual({
      totalSeconds: 1 + 3 * 2 + 0.25 + 3 * 60,
      inferenceSeconds: 1 + 3 * 2 + 0.25,
      secondsPerStep: 2,
    });
  });
});

describe('values that are not finite', () => {
  it('from the UNet end the generation, naming the step; the next one works', async () => {
    const networks = fakeNetworks();
    const { compute } = networks.unet;
    let calls = 0;
    vi.spyOn(networks.unet, 'compute').mockImplementation((inputs) => {
      const { out_sample } = compute(inputs);
      if (++calls === 2) out_sample!.data[0] = NaN;
      return { out_sample: out_sample! };
    });
    const { pipeline } = await fakePipeline({ networks });
    await expect(pipeline.generate('a', { ...quick, numInferenceSteps: 3 })).rejects.toMatchObject({
      code: 'NUMERICS',
      message: expect.stringContaining('Step 2 of 3') as string,
    });
    await expect(pipeline.generate('a', quick)).resolves.toBeDefined();
  });

  it('from the VAE end it too', async () => {
    const vae_decoder = vaeDecoderNetwork(() => ({
      sample: { shape: [1, 3, SIDE, SIDE], data: new Float32Array(3 * SIDE * SIDE).fill(NaN) },
    }));
    const { pipeline } = await fakePipeline({ networks: { vae_decoder } });
    await expect(pipeline.generate('a', { ...quick, outputType: 'raw' })).rejects.toMatchObject({
      code: 'NUMERICS',
      message: expect.stringMatching(/^The VAE gave values that are not finite/) as string,
    });
    expect(vae_decoder.alive.lentOutputs).toBe(0);
  });
});
