import { describe, expect, it, vi } from 'vitest';

import { UNet, VaeDecoder } from '../../../lib/components/index.js';
import { OVDiffusionPipeline, OVStableDiffusionPipeline } from '../../../lib/pipelines/index.js';
import { TorchGenerator } from '../../../lib/random/index.js';
import { DDIMScheduler, EulerDiscreteScheduler, PNDMScheduler } from '../../../lib/schedulers/index.js';
import {
  fakeComponents,
  fakeSettings,
  fakeSource,
  unetNetwork,
  unetPorts,
  vaeDecoderNetwork,
} from '../../support/fake-components.js';
import { port } from '../../support/fake-network.js';
import { fakePipeline, isFreed } from '../../support/fake-pipeline.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const quick = { numInferenceSteps: 1, seed: 1 } as const;

describe('a text-to-image pipeline from components', () => {
  it('is a diffusion pipeline over them', async () => {
    const { pipeline, components } = await fakePipeline();
    expect(pipeline).toBeInstanceOf(OVDiffusionPipeline);
    expect(pipeline.components.unet).toBe(components.unet);
    expect(components.unet.holders).toBe(1);
  });

  it('corrects an old scheduler config as diffusers’ pipeline does', async () => {
    const scheduler = new PNDMScheduler({ stepsOffset: 0 });
    const { pipeline } = await fakePipeline({ scheduler });
    expect(pipeline.scheduler.config).toMatchObject({ stepsOffset: 1 });
    expect(scheduler.config.stepsOffset).toBe(0);
  });

  it('works with the VAE of another model, at the scale of that', async () => {
    const { pipeline, networks } = await fakePipeline();
    const swappedNetwork = vaeDecoderNetwork();
    const config = { block_out_channels: [16, 32], scaling_factor: 0.25, shift_factor: 0.5 };
    const vaeDecoder = await VaeDecoder.read(
      fakeSource('vae_decoder', swappedNetwork, config, '/models/other'),
      fakeSettings(),
    );
    const swapped = new OVStableDiffusionPipeline({ ...pipeline.components, vaeDecoder }, pipeline.scheduler);
    expect(swapped.components.scalingFactor).toBe(0.25);
    const { latents } = await swapped.generate('a', { ...quick, outputType: 'latent' });
    await swapped.generate('a', quick);
    expect(swappedNetwork.inferences[0]!.latent_sample!.data).toEqual(
      latents.data.map((value) => value / 0.25 + 0.5),
    );
    expect(networks.vae_decoder.inferences).toEqual([]);
    await pipeline.dispose();
    expect((await swapped.generate('a', quick)).images).toHaveLength(1);
    await swapped.dispose();
    expect(isFreed(networks) && swappedNetwork.isFreed).toBe(true);
  });

  it('is refused over a UNet for inpainting, which holds nothing then', async () => {
    const components = await fakeComponents();
    const ports = unetPorts({ sample: port('sample', [-1, 9, -1, -1]) });
    const unet = await UNet.read(fakeSource('unet', unetNetwork(undefined, ports)), fakeSettings());
    expect(() => new OVStableDiffusionPipeline({ ...components, unet }, new DDIMScheduler())).toThrow(
      expect.objectContaining({
        code: 'INCOMPATIBLE_COMPONENTS',
        message: expect.stringContaining('takes 9 channels') as string,
      }),
    );
    expect([unet.holders, components.textEncoder.holders]).toEqual([0, 0]);
  });

  it.each(['timestep_cond', 'text_embeds', 'time_ids'])(
    'is refused over a UNet that takes %s',
    async (name) => {
      const components = await fakeComponents();
      const ports = unetPorts({ [name]: port(name, [-1, 6]) });
      const unet = await UNet.read(fakeSource('unet', unetNetwork(undefined, ports)), fakeSettings());
      expect(() => new OVStableDiffusionPipeline({ ...components, unet }, new DDIMScheduler())).toThrow(
        expect.objectContaining({
          code: 'UNSUPPORTED',
          message: expect.stringContaining(`takes ${name}`) as string,
        }),
      );
    },
  );

  it.each([undefined, null, {}, { unet: undefined }])('is refused over %j', (components) => {
    expect(() => new OVStableDiffusionPipeline(components as never, new DDIMScheduler())).toThrow(
      expect.objectContaining({ code: 'INCOMPATIBLE_COMPONENTS' }),
    );
  });
});

describe('the noise that a generation starts from', () => {
  it('is scaled by the scheduler’s initial sigma', async () => {
    const scheduler = new EulerDiscreteScheduler();
    const { pipeline, networks } = await fakePipeline({ scheduler });
    await pipeline.generate('a', { ...quick, guidanceScale: 1 });
    scheduler.setTimesteps(1);
    const noise = new TorchGenerator(1).randn([1, 4, 8, 8]).map((value) => value * scheduler.initNoiseSigma);
    expect(networks.unet.inferences[0]!.sample!.data).toEqual(
      scheduler.scaleModelInput(noise, scheduler.timesteps[0]!),
    );
  });

  it('asks for that sigma once, not for each number', async () => {
    let asked = 0;
    class Counting extends EulerDiscreteScheduler {
      override get initNoiseSigma(): number {
        asked++;
        return super.initNoiseSigma;
      }
    }
    const { pipeline } = await fakePipeline();
    pipeline.scheduler = new Counting();
    await pipeline.generate('a', quick);
    expect(asked).toBe(1);
  });
});

describe('loading', () => {
  it.each([undefined, '', 5, null])('needs a path or an id, not %j', async (path) => {
    await expect(OVStableDiffusionPipeline.fromPretrained(path as never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('a path or an id for idOrFolder') as string,
    });
    await expect(OVStableDiffusionPipeline.fromSingleFile(path as never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('a path for path') as string,
    });
  });

  it('checks its options before anything is read', async () => {
    await expect(OVStableDiffusionPipeline.fromPretrained('nowhere', { device: '' })).rejects.toThrow(
      'the name of an OpenVINO device for device',
    );
    await expect(
      OVStableDiffusionPipeline.fromSingleFile('nowhere', { variant: 'fp16' } as never),
    ).rejects.toMatchObject({ code: 'UNKNOWN_OPTION' });
  });
});
