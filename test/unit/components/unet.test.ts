import { describe, expect, it, vi } from 'vitest';

import { DYNAMIC_SHAPES, STATIC_SHAPES } from '../../../lib/components/shape-policy.js';
import { InferenceContext } from '../../../lib/components/inference.js';
import { UNet } from '../../../lib/components/unet.js';
import type { Port } from '../../../lib/runtime/index.js';
import {
  fakeSettings,
  fakeSource,
  HIDDEN_SIZE,
  UNET_CONFIG,
  unetNetwork,
  unetPorts,
} from '../../support/fake-components.js';
import { FakeNetwork, port } from '../../support/fake-network.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const shape = { batch: 2, height: 4, width: 2, tokens: 3 };
const states = new Float32Array(2 * 3 * HIDDEN_SIZE);
const context = () => new InferenceContext();

async function read(network: FakeNetwork, config: object = UNET_CONFIG): Promise<UNet> {
  return UNet.read(fakeSource('unet', network, config as Record<string, unknown>), fakeSettings());
}

const withPorts = (changes: Readonly<Record<string, Port>>) => unetNetwork(undefined, unetPorts(changes));

describe('what a UNet takes', () => {
  it('follows from its ports', async () => {
    const ports = unetPorts({
      sample: port('sample', [-1, 9, -1, -1]),
      encoder_hidden_states: port('encoder_hidden_states', [-1, 77, 1024]),
    });
    const network = new FakeNetwork(ports, [port('out_sample', [-1, 4, -1, -1])], () => ({}));
    await using unet = await read(network, { in_channels: 4, cross_attention_dim: 768, sample_size: 96 });
    expect(unet).toMatchObject({ inChannels: 9, outChannels: 4, crossAttentionDim: 1024 });
    expect(unet.sampleSize).toEqual({ height: 96, width: 96 });
  });

  it('follows from its configuration where its ports are free', async () => {
    const ports = unetPorts({
      sample: port('sample', [-1, -1, -1, -1]),
      encoder_hidden_states: port('encoder_hidden_states', [-1, -1, -1]),
    });
    const network = new FakeNetwork(ports, [port('out_sample', [-1, -1, -1, -1])], () => ({}));
    await using unet = await read(network, {
      in_channels: 9,
      out_channels: 8,
      cross_attention_dim: [640, 640],
    });
    expect(unet).toMatchObject({ inChannels: 9, outChannels: 8, crossAttentionDim: 640 });
  });

  it('has as many channels out as in where nothing else is said', async () => {
    const ports = unetPorts({ sample: port('sample', [-1, 16, -1, -1]) });
    const network = new FakeNetwork(ports, [port('out_sample', null)], () => ({}));
    await using unet = await read(network, {});
    expect(unet.outChannels).toBe(16);
  });

  it.each<[string, Record<string, Port>, string]>([
    ['no sample', { sample: port('latent', [-1, 4, -1, -1]) }, "'sample'"],
    ['no timestep', { timestep: port('t', [-1]) }, "'timestep'"],
    ['no text', { encoder_hidden_states: port('text', [-1, -1, 8]) }, "'encoder_hidden_states'"],
    ['an input nobody knows', { extra: port('class_labels', [-1], 'i64') }, 'class_labels'],
    ['free channels', { sample: port('sample', [-1, -1, -1, -1]) }, 'fixed channels'],
    ['text of a free width', { encoder_hidden_states: port('encoder_hidden_states', null) }, 'text width'],
  ])('with %s is refused and freed', async (_, changes, message) => {
    const network = withPorts(changes);
    await expect(read(network, {})).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining(message) as string,
    });
    expect(network.isFreed).toBe(true);
  });

  it('is refused and freed with a configuration that is none', async () => {
    const network = unetNetwork();
    await expect(read(network, { sample_size: 'large' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(network.isFreed).toBe(true);
  });
});

describe('binding', () => {
  it('gives each input by its name', async () => {
    const network = unetNetwork();
    await using unet = await read(network);
    const session = await unet.bind(
      shape,
      STATIC_SHAPES,
      { encoder_hidden_states: states.fill(0.5) },
      context(),
    );
    session.sample.set([7], 0);
    await session.predict(3);
    session.release();
    expect(network.inferences[0]).toMatchObject({
      sample: { shape: [2, 4, 4, 2] },
      timestep: { shape: [1], data: Float32Array.of(3) },
      encoder_hidden_states: { shape: [2, 3, HIDDEN_SIZE], data: states },
    });
    expect(network.inferences[0]!.sample!.data[0]).toBe(7);
  });

  it.each<[string, Port['shape'], number[], number[]]>([
    ['a scalar', [], [], [9]],
    ['of one', [1], [1], [9]],
    ['of any number', [-1], [1], [9]],
    ['of a bounded number', [[1, 8]], [1], [9]],
    ['of two', [2], [2], [9, 9]],
    ['of any rank', null, [1], [9]],
  ])('fills a timestep that is %s', async (_, declared, compiled, expected) => {
    const network = withPorts({ timestep: port('timestep', declared, 'i64') });
    await using unet = await read(network);
    const session = await unet.bind(shape, STATIC_SHAPES, { encoder_hidden_states: states }, context());
    await session.predict(9);
    session.release();
    expect(network.compiledShapes[0]!.timestep).toEqual(compiled);
    expect(network.inferences[0]!.timestep).toMatchObject({
      shape: compiled,
      data: Float32Array.from(expected),
    });
  });

  it('compiles the timestep as f32, whatever the network declares', async () => {
    const network = unetNetwork();
    await using unet = await read(network);
    await unet.compile(shape);
    expect(network.compilations[0]!.elementTypes).toEqual({ timestep: 'f32' });
  });

  it('gives the optional inputs that the network has, and ignores others', async () => {
    const network = withPorts({
      timestep_cond: port('timestep_cond', [-1, 4]),
      text_embeds: port('text_embeds', [-1, -1]),
    });
    await using unet = await read(network);
    expect(unet.optionalInputs).toEqual(['timestep_cond', 'text_embeds']);
    const session = await unet.bind(
      shape,
      STATIC_SHAPES,
      {
        encoder_hidden_states: states,
        timestep_cond: new Float32Array(8).fill(1),
        text_embeds: new Float32Array(10).fill(2),
        time_ids: new Float32Array(12).fill(3),
      },
      context(),
    );
    await session.predict(1);
    session.release();
    expect(network.inferences[0]).toMatchObject({
      timestep_cond: { shape: [2, 4], data: new Float32Array(8).fill(1) },
      text_embeds: { shape: [2, 5], data: new Float32Array(10).fill(2) },
    });
    expect(network.inferences[0]).not.toHaveProperty('time_ids');
    expect(network.compiledShapes[0]).toMatchObject({ timestep_cond: [2, 4], text_embeds: [2, -1] });
  });

  it('refuses, before anything is compiled, a network with an input that has no value', async () => {
    const network = withPorts({ time_ids: port('time_ids', [-1, 6]) });
    await using unet = await read(network);
    await expect(
      unet.bind(shape, STATIC_SHAPES, { encoder_hidden_states: states }, context()),
    ).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: 'The UNet in /models/fake/unet takes time_ids, which this pipeline does not have',
    });
    expect(network.compilations).toEqual([]);
  });

  it('refuses, before anything is compiled, text of another size', async () => {
    const network = unetNetwork();
    await using unet = await read(network);
    const short = { encoder_hidden_states: new Float32Array(5) };
    await expect(unet.bind(shape, STATIC_SHAPES, short, context())).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
    });
    expect(network.compilations).toEqual([]);
  });

  it('releases the network when an input cannot be bound', async () => {
    const network = withPorts({ text_embeds: port('text_embeds', [-1, 5]) });
    const unet = await read(network);
    const inputs = { encoder_hidden_states: states, text_embeds: new Float32Array(12) };
    await expect(unet.bind(shape, STATIC_SHAPES, inputs, context())).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
    });
    await unet.dispose();
    expect(network.isFreed).toBe(true);
  });

  it('releases the network when there is no memory for a sample', async () => {
    const network = unetNetwork();
    const unet = await read(network);
    const vast = { ...shape, height: 2 ** 24, width: 2 ** 24 };
    await expect(
      unet.bind(vast, DYNAMIC_SHAPES, { encoder_hidden_states: states }, context()),
    ).rejects.toThrow();
    await unet.dispose();
    expect(network.isFreed).toBe(true);
  });
});

describe('compiled shapes', () => {
  it('are those of the call where the policy is static', async () => {
    const network = unetNetwork();
    await using unet = await read(network);
    await unet.compile(shape);
    expect(network.compiledShapes).toEqual([
      { sample: [2, 4, 4, 2], timestep: [1], encoder_hidden_states: [2, 3, HIDDEN_SIZE] },
    ]);
    expect(unet.has(shape)).toBe(true);
    expect(unet.has({ ...shape, batch: 1 })).toBe(false);
    expect(unet.has('dynamic')).toBe(false);
  });

  it('are free where it is dynamic: one network takes every size', async () => {
    const network = unetNetwork();
    await using unet = await read(network);
    await unet.compile('dynamic');
    const small = { batch: 1, height: 2, width: 2, tokens: 1 };
    for (const [own, text] of [
      [shape, states],
      [small, new Float32Array(HIDDEN_SIZE)],
    ] as const) {
      const session = await unet.bind(own, DYNAMIC_SHAPES, { encoder_hidden_states: text }, context());
      expect(await session.predict(1)).toHaveLength(own.batch * 4 * own.height * own.width);
      session.release();
    }
    expect(network.compiledShapes).toEqual([
      { sample: [-1, 4, -1, -1], timestep: [1], encoder_hidden_states: [-1, -1, HIDDEN_SIZE] },
    ]);
  });

  it('are evicted but for one by keepOnly', async () => {
    const network = unetNetwork();
    await using unet = await read(network);
    await unet.compile('dynamic');
    await unet.compile(shape);
    await unet.keepOnly(shape);
    expect([unet.has('dynamic'), unet.has(shape)]).toEqual([false, true]);
    expect(network.alive.compiledModels).toBe(1);
  });
});

describe('the memory that a call needs', () => {
  it('is at least the weights and the skips of each level', async () => {
    const network = unetNetwork();
    network.weightElements = 1000;
    const settings = fakeSettings({ properties: { INFERENCE_PRECISION_HINT: 'f32' } });
    const config = { ...UNET_CONFIG, block_out_channels: [16, 32] };
    await using unet = await UNet.read(fakeSource('unet', network, config), settings);
    const needed = { component: 'unet', weights: 4000, activations: (2 * 16 + (2 * 32) / 4) * 2 * 4 * 2 * 4 };
    expect(unet.requiredMemory(shape, STATIC_SHAPES)).toEqual(needed);
    await unet.compile(shape);
    expect(unet.requiredMemory(shape, STATIC_SHAPES)).toEqual({ ...needed, weights: 0 });
    expect(unet.requiredMemory(shape, DYNAMIC_SHAPES)).toEqual(needed);
  });
});
