import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import {
  safetyCheckerExport,
  textEncoderExport,
  tinyVaeExports,
  vaeExports,
} from '../../../lib/models/loading/component-export.js';
import { networkWeights } from '../../../lib/models/loading/network-weights.js';
import {
  exportPipeline,
  type ComponentName,
  type ExportOptions,
  type WeightsName,
} from '../../../lib/models/index.js';
import type { Model } from '../../../lib/runtime/index.js';
import {
  arrayOf,
  errorOf,
  FIXTURES,
  outputsOf,
  readCase,
  type ReferenceCase,
} from '../../support/reference-case.js';

const inFolder = (name: string, weights: WeightsName) =>
  networkWeights(join(FIXTURES, name), weights, { weightFormat: 'stored' });

async function build(pipeline: string, name: ComponentName, options: ExportOptions = {}): Promise<Model> {
  const { components } = await exportPipeline(join(FIXTURES, pipeline), options);
  return components.find((component) => component.name === name)!.build();
}

async function expectParity(model: Model, reference: ReferenceCase): Promise<void> {
  const error = await errorOf(model, reference);
  if (process.env.SHOW_ERRORS) console.log(`${expect.getState().currentTestName}: ${error.toExponential(2)}`);
  expect(error).toBeLessThanOrEqual(1e-5);
}

describe.each([
  ['sd1', 'stored as fp16'],
  ['sd2', 'with linear projections and heads by block'],
  ['sdxl', 'with text and sizes beside the timestep, stored as bf16'],
  ['lcm', 'with guidance beside the timestep'],
  ['inpaint', 'with nine channels'],
])('the networks of %s, %s, compute what their classes do:', (pipeline) => {
  it.each(['expected-8x8.json', 'expected-6x10.json'])('the UNet (%s)', async (file) => {
    const reference = await readCase(pipeline, 'unet', file);
    const shapes = Object.fromEntries(
      Object.entries(reference.inputs).map(([name, { shape }]) => [name, shape]),
    );
    using model = await build(pipeline, 'unet');
    await model.reshape({ encoder_hidden_states: [-1, ...shapes.encoder_hidden_states!.slice(1)] });
    await expectParity(model, reference);
    // Static shapes are the fast path, and another one: OpenVINO folds and fuses more.
    await model.reshape(shapes);
    await expectParity(model, reference);
  });

  it('the text encoder, every layer of it', async () => {
    using model = await build(pipeline, 'text_encoder', { hiddenStates: true });
    await expectParity(model, await readCase(pipeline, 'text_encoder', 'expected.json'));
  });

  it('the VAE', async () => {
    using encoder = await build(pipeline, 'vae_encoder');
    using decoder = await build(pipeline, 'vae_decoder');
    await expectParity(encoder, await readCase(pipeline, 'vae', 'expected-encoder.json'));
    await expectParity(decoder, await readCase(pipeline, 'vae', 'expected-decoder.json'));
  });
});

describe('further networks', () => {
  it("compute what CLIPTextModelWithProjection does, SDXL's second text encoder", async () => {
    using model = await build('sdxl', 'text_encoder_2');
    await expectParity(model, await readCase('sdxl', 'text_encoder_2', 'expected.json'));
  });

  it('compute what AutoencoderTiny does', async () => {
    const source = await inFolder('tiny-vae', 'diffusion_pytorch_model');
    const [decoder, encoder] = tinyVaeExports(source);
    using decoderModel = await decoder!.build();
    using encoderModel = await encoder!.build();
    await expectParity(decoderModel, await readCase('tiny-vae', 'expected-decoder.json'));
    await expectParity(encoderModel, await readCase('tiny-vae', 'expected-encoder.json'));
  });

  it('upsample in two steps where there is no folder for summed kernels', async () => {
    const [decoder] = vaeExports(await inFolder('sd2/vae', 'diffusion_pytorch_model'), () => undefined);
    using model = await decoder!.build(join(FIXTURES, 'no', 'such', 'folder'));
    await expectParity(model, await readCase('sd2', 'vae', 'expected-decoder.json'));
  });

  it('flag pictures as StableDiffusionSafetyChecker does, special care included', async () => {
    const component = safetyCheckerExport(await inFolder('safety_checker', 'model'));
    using model = await component.build();
    const reference = await readCase('safety_checker', 'expected.json');
    const { has_nsfw_concepts: flags } = await outputsOf(model, reference);
    expect(flags).toEqual(arrayOf(reference.outputs.has_nsfw_concepts!));
  });
});

describe('weights under the names that other versions write', () => {
  it("load: a VAE's attention before diffusers 0.18", async () => {
    const [decoder, encoder] = vaeExports(
      await inFolder('vae-old-keys', 'diffusion_pytorch_model'),
      () => undefined,
    );
    using decoderModel = await decoder!.build();
    using encoderModel = await encoder!.build();
    await expectParity(decoderModel, await readCase('sd2', 'vae', 'expected-decoder.json'));
    await expectParity(encoderModel, await readCase('sd2', 'vae', 'expected-encoder.json'));
  });

  it('load: a text encoder without the prefix text_model', async () => {
    const source = await inFolder('text-encoder-unprefixed', 'model');
    const component = textEncoderExport('text_encoder', source, false, { hiddenStates: true });
    using model = await component.build();
    await expectParity(model, await readCase('sd2', 'text_encoder', 'expected.json'));
  });
});
