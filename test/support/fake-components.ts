import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import {
  TaskQueue,
  TextEncoder,
  UNet,
  VaeDecoder,
  VaeEncoder,
  type CompileSettings,
} from '../../lib/components/index.js';
import {
  HeldFiles,
  type NetworkName,
  type NetworkSource,
  type PretrainedModel,
} from '../../lib/models/index.js';
import type { StableDiffusionComponents } from '../../lib/pipelines/index.js';
import type * as runtime from '../../lib/runtime/index.js';
import { ClipTokenizer } from '../../lib/tokenizer/index.js';
import { FakeNetwork, port, type Compute, type Inputs, type Values } from './fake-network.js';
import { Core, Model } from './fake-runtime.js';

export const TOKENS = 77;
export const HIDDEN_SIZE = 8;
export const LATENT_CHANNELS = 4;
/** Pixels a latent. */
export const FACTOR = 2;
/** Side in latents that the UNet says it was trained on. */
export const SAMPLE_SIZE = 8;
export const SIDE = SAMPLE_SIZE * FACTOR;

export const UNET_CONFIG = { sample_size: SAMPLE_SIZE };
export const VAE_CONFIG = { block_out_channels: [16, 32], scaling_factor: 0.5 };

const FREE = -1;
const fill = (shape: readonly number[], value: (index: number) => number): Values => {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  return { shape, data: data.map((_, index) => value(index)) };
};

const encodeText: Compute = ({ input_ids }: Inputs) => {
  const { shape, data } = input_ids!;
  const states = fill([...shape, HIDDEN_SIZE], (i) => Number(data[Math.floor(i / HIDDEN_SIZE)]) / 1000);
  return { last_hidden_state: states };
};

export function textEncoderNetwork(compute: Compute = encodeText, idType = 'i64'): FakeNetwork {
  return new FakeNetwork(
    [port('input_ids', [FREE, FREE], idType)],
    [port('last_hidden_state', [FREE, FREE, HIDDEN_SIZE])],
    compute,
  );
}

/** A tenth of the sample plus what depends on the row's text and on the timestep. */
const predictNoise: Compute = (inputs: Inputs) => {
  const { shape, data } = inputs.sample!;
  const states = inputs.encoder_hidden_states!;
  const rows = shape[0]!;
  const width = states.data.length / rows;
  const text = Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let i = row * width; i < (row + 1) * width; i++) sum += Number(states.data[i]);
    return sum / width;
  });
  const each = data.length / rows;
  const time = Number(inputs.timestep!.data[0]) / 1000;
  return {
    out_sample: fill(shape, (i) => Number(data[i]) / 10 + text[Math.floor(i / each)]! + time / 100),
  };
};

export function unetNetwork(compute: Compute = predictNoise, ports = unetPorts()): FakeNetwork {
  return new FakeNetwork(ports, [port('out_sample', [FREE, LATENT_CHANNELS, FREE, FREE])], compute);
}

export function unetPorts(changes: Readonly<Record<string, runtime.Port>> = {}): runtime.Port[] {
  return Object.values({
    sample: port('sample', [FREE, LATENT_CHANNELS, FREE, FREE]),
    timestep: port('timestep', [FREE], 'i64'),
    encoder_hidden_states: port('encoder_hidden_states', [FREE, FREE, HIDDEN_SIZE]),
    ...changes,
  });
}

/** Each pixel is its latent's first channel. */
const decodeImage: Compute = ({ latent_sample }: Inputs) => {
  const [, , height = 0, width = 0] = latent_sample!.shape;
  const [pixelHeight, pixelWidth] = [height * FACTOR, width * FACTOR];
  const sample = fill([1, 3, pixelHeight, pixelWidth], (i) => {
    const [y, x] = [Math.floor(i / pixelWidth) % pixelHeight, i % pixelWidth];
    return Number(latent_sample!.data[Math.floor(y / FACTOR) * width + Math.floor(x / FACTOR)]);
  });
  return { sample };
};

export function vaeDecoderNetwork(compute: Compute = decodeImage, channels = LATENT_CHANNELS): FakeNetwork {
  return new FakeNetwork(
    [port('latent_sample', [FREE, channels, FREE, FREE])],
    [port('sample', [FREE, 3, FREE, FREE])],
    compute,
  );
}

export function vaeEncoderNetwork(output = 'latent_parameters'): FakeNetwork {
  const channels = output === 'latent_parameters' ? 2 * LATENT_CHANNELS : LATENT_CHANNELS;
  return new FakeNetwork(
    [port('sample', [FREE, 3, FREE, FREE])],
    [port(output, [FREE, channels, FREE, FREE])],
    ({ sample }) => {
      const [, , height = 0, width = 0] = sample!.shape;
      const shape = [1, channels, height / FACTOR, width / FACTOR];
      return { [output]: fill(shape, (i) => i + Number(sample!.data[0])) };
    },
  );
}

export function fakeSource(
  name: NetworkName,
  network: FakeNetwork,
  config: NetworkSource['config'] = {},
  root = '/models/fake',
): NetworkSource {
  return {
    name,
    path: join(root, name),
    root,
    config,
    files: new HeldFiles([]),
    open: () => Promise.resolve(new Model(network) as unknown as runtime.Model),
    save: async (folder) => {
      await mkdir(folder);
      await writeFile(join(folder, 'saved-from'), root);
    },
  };
}

export function fakeSettings(overrides: Partial<CompileSettings> = {}): CompileSettings {
  return {
    core: new Core() as unknown as runtime.Core,
    device: 'CPU',
    properties: {},
    maxCompiledShapes: 2,
    queue: new TaskQueue(),
    ...overrides,
  };
}

export const smallTokenizer = join(import.meta.dirname, '../fixtures/small-tokenizer');

/** The networks of a small Stable Diffusion. */
export function fakeNetworks() {
  return {
    text_encoder: textEncoderNetwork(),
    unet: unetNetwork(),
    vae_decoder: vaeDecoderNetwork(),
    vae_encoder: vaeEncoderNetwork(),
  };
}
export type FakeNetworks = ReturnType<typeof fakeNetworks>;

const CONFIGS: Readonly<Partial<Record<NetworkName, NetworkSource['config']>>> = {
  unet: UNET_CONFIG,
  vae_decoder: VAE_CONFIG,
  vae_encoder: VAE_CONFIG,
};

export function fakeModel(
  networks: Partial<FakeNetworks>,
  overrides: Partial<PretrainedModel> = {},
): PretrainedModel {
  return {
    name: 'someone/fake',
    path: '/models/fake',
    index: { _class_name: 'StableDiffusionPipeline' },
    networks: (Object.keys(networks) as (keyof FakeNetworks)[]).map((name) =>
      fakeSource(name, networks[name]!, CONFIGS[name], overrides.path),
    ),
    tokenizers: { tokenizer: { folder: smallTokenizer } },
    schedulerConfig: () => Promise.resolve({ _class_name: 'DDIMScheduler' }),
    export: undefined,
    ...overrides,
  };
}

/** Components over fake networks, each taken from the model. */
export async function fakeComponents(
  networks: FakeNetworks = fakeNetworks(),
  settings: CompileSettings = fakeSettings(),
  model: PretrainedModel = fakeModel(networks),
): Promise<StableDiffusionComponents> {
  const source = (name: NetworkName): NetworkSource => model.networks.find((one) => one.name === name)!;
  return {
    tokenizer: await ClipTokenizer.fromPretrained(smallTokenizer),
    textEncoder: await TextEncoder.read(source('text_encoder'), settings),
    unet: await UNet.read(source('unet'), settings),
    vaeDecoder: await VaeDecoder.read(source('vae_decoder'), settings),
    vaeEncoder: await VaeEncoder.read(source('vae_encoder'), settings),
    model,
  };
}
