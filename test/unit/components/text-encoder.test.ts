import { describe, expect, it, vi } from 'vitest';

import { InferenceContext } from '../../../lib/components/inference.js';
import { TextEncoder } from '../../../lib/components/text-encoder.js';
import { fakeSettings, fakeSource, HIDDEN_SIZE, textEncoderNetwork } from '../../support/fake-components.js';
import { FakeNetwork, port } from '../../support/fake-network.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const read = (network: FakeNetwork) => TextEncoder.read(fakeSource('text_encoder', network), fakeSettings());
const nothing = () => ({});
const ids = Int32Array.from([0, 250, 500]);

describe('encoding', () => {
  it.each(['i32', 'i64'])('gives ids as the network takes them, %s, and returns its states', async (type) => {
    const network = textEncoderNetwork(undefined, type);
    await using encoder = await read(network);
    const states = await encoder.encode(ids, new InferenceContext());
    expect(network.inferences[0]!.input_ids).toMatchObject({ elementType: type, shape: [1, 3] });
    expect(Array.from(network.inferences[0]!.input_ids!.data, Number)).toEqual([0, 250, 500]);
    expect(states).toHaveLength(3 * HIDDEN_SIZE);
    expect([0, HIDDEN_SIZE, 2 * HIDDEN_SIZE].map((i) => states[i])).toEqual([0, 0.25, 0.5]);
  });

  it('returns states that the next call leaves as they are, and lends nothing', async () => {
    const network = textEncoderNetwork();
    await using encoder = await read(network);
    const states = await encoder.encode(ids, new InferenceContext());
    await encoder.encode(Int32Array.from([1, 1, 1]), new InferenceContext());
    expect(states[HIDDEN_SIZE]).toBe(0.25);
    expect(network.alive.lentOutputs).toBe(0);
  });

  it('uses what was compiled for as many tokens', async () => {
    const network = textEncoderNetwork();
    await using encoder = await read(network);
    await encoder.compile(3);
    await encoder.encode(ids, new InferenceContext());
    expect(network.compiledShapes).toEqual([{ input_ids: [1, 3] }]);
  });

  it('releases the network when an inference fails', async () => {
    const network = textEncoderNetwork();
    const encoder = await read(network);
    const failure = new Error('no');
    network.failInference(failure);
    await expect(encoder.encode(ids, new InferenceContext())).rejects.toBe(failure);
    await encoder.dispose();
    expect(network.isFreed).toBe(true);
  });
});

describe('a text encoder', () => {
  it('knows the width of its states', async () => {
    await using encoder = await read(textEncoderNetwork());
    expect(encoder.hiddenSize).toBe(HIDDEN_SIZE);
  });

  const input = port('input_ids', [-1, -1], 'i64');
  const output = port('last_hidden_state', [-1, -1, 8]);
  it.each<[string, FakeNetwork, string]>([
    ['without ids', new FakeNetwork([port('x', [1])], [output], nothing), "no port named 'input_ids'"],
    ['without states', new FakeNetwork([input], [port('y', [1])], nothing), "'last_hidden_state'"],
    [
      'with an input beside the ids',
      new FakeNetwork([input, port('attention_mask', [-1, -1], 'i64')], [output], nothing),
      'attention_mask',
    ],
    [
      'with ids of another type',
      new FakeNetwork([port('input_ids', [-1, -1])], [output], nothing),
      'ids of f32',
    ],
    [
      'with states of a free width',
      new FakeNetwork([input], [port('last_hidden_state', [-1, -1, -1])], nothing),
      'states of shape [-1,-1,-1]',
    ],
  ])('%s is refused and freed', async (_, network, message) => {
    await expect(read(network)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining(message) as string,
    });
    expect(network.isFreed).toBe(true);
  });
});
