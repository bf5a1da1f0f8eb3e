import { describe, expect, it } from 'vitest';

import { modelKindOf, type PretrainedModel } from '../../../lib/models/index.js';
import { fakeSource, unetNetwork } from '../../support/fake-components.js';

interface Description {
  name?: string;
  path?: string;
  index?: Record<string, unknown>;
  unet?: Record<string, unknown>;
  scheduler?: Record<string, unknown>;
}

function model({ name, path = '/models/some', index = {}, unet = {}, scheduler = {} }: Description) {
  return {
    name: name ?? path,
    path,
    index: { _class_name: 'StableDiffusionPipeline', ...index },
    networks: [fakeSource('unet', unetNetwork(), unet)],
    tokenizers: {},
    schedulerConfig: () => Promise.resolve({ _class_name: 'PNDMScheduler', ...scheduler }),
    export: undefined,
  } satisfies PretrainedModel;
}

const xl = { _class_name: 'StableDiffusionXLPipeline' };
const trailing = { _class_name: 'EulerAncestralDiscreteScheduler', timestep_spacing: 'trailing' };
const ofXl = { sample_size: 128, block_out_channels: [320, 640, 1280] };
const sdxs = {
  mid_block_type: null,
  down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
};

describe('the kind of a few-step model', () => {
  it.each<[string, Description, object]>([
    ['SD Turbo by its id', { name: 'stabilityai/sd-turbo' }, { numInferenceSteps: 1, guidanceScale: 0 }],
    ['its export by its id', { name: 'rupeshs/sd-turbo-openvino-int8' }, { numInferenceSteps: 1 }],
    ['its folder in the cache of the hub', { path: '/c/models--stabilityai--sd-turbo/snapshots/abc' }, {}],
    ['a copy by where it was loaded from', { index: { _name_or_path: 'stabilityai/sd-turbo' } }, {}],
    ['a UNet by where it was loaded from', { unet: { _name_or_path: '/x/sd-turbo/unet' } }, {}],
    ['its checkpoint', { path: '/x/sd_turbo.safetensors' }, { guidanceScale: 0 }],
    ['SDXL Turbo by its id', { name: 'stabilityai/sdxl-turbo', index: xl }, { numInferenceSteps: 1 }],
    ['its checkpoint', { path: '/x/sd_xl_turbo_1.0_fp16.safetensors', index: xl }, { numInferenceSteps: 1 }],
    [
      'SDXL Turbo by its size and scheduler',
      { index: xl, unet: { ...ofXl, sample_size: 64 }, scheduler: trailing },
      { numInferenceSteps: 1, guidanceScale: 0 },
    ],
    ['SDXS by its id', { name: 'IDKiro/sdxs-512-0.9' }, { numInferenceSteps: 1, guidanceScale: 0 }],
    [
      'SDXS by its blocks and VAE',
      { unet: sdxs, index: { vae: ['diffusers', 'AutoencoderTiny'] } },
      { numInferenceSteps: 1, guidanceScale: 0 },
    ],
    [
      'SDXL-Lightning by its steps',
      { path: '/x/sdxl_lightning_4step.safetensors', index: xl },
      { numInferenceSteps: 4, guidanceScale: 0 },
    ],
    [
      'Lightning in OpenVINO',
      { name: 'a/sdxl-lightning-2steps-openvino', index: xl },
      { numInferenceSteps: 2 },
    ],
    ['Hyper-SD', { name: 'rupeshs/hyper-sd-sdxl-1-step-openvino-int8', index: xl }, { numInferenceSteps: 1 }],
    ['Hyper-SDXL', { name: 'x/Hyper-SDXL-8steps', index: xl }, { numInferenceSteps: 8, guidanceScale: 0 }],
    [
      'a UNet of LCM in XL',
      { index: xl, unet: { time_cond_proj_dim: 256 }, scheduler: { _class_name: 'LCMScheduler' } },
      { numInferenceSteps: 4, guidanceScale: 8 },
    ],
    [
      'a fused LCM-LoRA by the scheduler',
      { scheduler: { _class_name: 'LCMScheduler' } },
      { numInferenceSteps: 4, guidanceScale: 1 },
    ],
    [
      'a fused TCD-LoRA by the scheduler',
      { scheduler: { _class_name: 'TCDScheduler' } },
      { numInferenceSteps: 4, guidanceScale: 0, eta: 0.3 },
    ],
  ])('is recognised: %s', async (_, description, defaults) => {
    const kind = await modelKindOf(model(description));
    expect(kind?.defaults).toMatchObject(defaults);
  });

  it.each<[string, Description]>([
    ['Stable Diffusion 1.5', { name: 'stable-diffusion-v1-5/stable-diffusion-v1-5' }],
    ['Stable Diffusion XL', { name: 'stabilityai/stable-diffusion-xl-base-1.0', index: xl, unet: ofXl }],
    ['one in the folder of another', { path: '/models/sd-turbo/sd15' }],
    [
      'a community model that only has turbo in its name',
      { name: 'Lykon/dreamshaper-xl-v2-turbo', index: xl },
    ],
    ['a Lightning merge that wants guidance', { name: 'SG161222/RealVisXL_V4.0_Lightning', index: xl }],
    ['Hyper-SD for guidance', { name: 'x/Hyper-SDXL-8steps-CFG', index: xl }],
    ['an Euler ancestral model with trailing steps', { index: xl, unet: ofXl, scheduler: trailing }],
    ['the same of 1.x', { unet: { sample_size: 64 }, scheduler: trailing }],
    [
      'XL at 512 with another scheduler',
      { index: xl, unet: { ...ofXl, sample_size: 64 }, scheduler: { _class_name: 'EulerDiscreteScheduler' } },
    ],
    ['a small UNet without a middle', { unet: { ...sdxs, down_block_types: ['CrossAttnDownBlock2D'] } }],
    ['SDXS’ blocks with a large VAE', { unet: sdxs, index: { vae: ['diffusers', 'AutoencoderKL'] } }],
    ['a name that runs on', { name: 'org/notsd-turbos' }],
    ['a name that is none', { index: { _name_or_path: 7 }, unet: { _name_or_path: null } }],
  ])('is no kind of its own: %s', async (_, description) => {
    expect(await modelKindOf(model(description))).toBeUndefined();
  });
});
