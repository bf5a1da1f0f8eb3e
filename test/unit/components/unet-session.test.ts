import { describe, expect, it, vi } from 'vitest';

import { STATIC_SHAPES } from '../../../lib/components/shape-policy.js';
import { InferenceContext } from '../../../lib/components/inference.js';
import type { UNetSession } from '../../../lib/components/unet-session.js';
import { UNet } from '../../../lib/components/unet.js';
import {
  fakeSettings,
  fakeSource,
  HIDDEN_SIZE,
  UNET_CONFIG,
  unetNetwork,
} from '../../support/fake-components.js';
import type { FakeNetwork } from '../../support/fake-network.js';
import { settled } from '../../support/hold.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const shape = { batch: 1, height: 2, width: 2, tokens: 2 };

async function session(
  signal?: AbortSignal,
): Promise<{ network: FakeNetwork; unet: UNet; session: UNetSession }> {
  const network = unetNetwork();
  const settings = fakeSettings({ maxCompiledShapes: 1 });
  const unet = await UNet.read(fakeSource('unet', network, UNET_CONFIG), settings);
  const inputs = { encoder_hidden_states: new Float32Array(2 * HIDDEN_SIZE) };
  const context = new InferenceContext(signal);
  return { network, unet, session: await unet.bind(shape, STATIC_SHAPES, inputs, context) };
}

describe('a prediction', () => {
  it('is of the sample and the timestep as they are at the call', async () => {
    const { network, session: own } = await session();
    own.sample.fill(10);
    const first = (await own.predict(500)).slice();
    own.sample.fill(20);
    const second = (await own.predict(0)).slice();
    expect(network.inferences.map(({ timestep }) => timestep!.data[0])).toEqual([500, 0]);
    expect([first[0], second[0]]).toEqual([Math.fround(1.005), 2]);
    expect(first).toHaveLength(16);
  });

  it('keeps a fractional timestep', async () => {
    const { network, session: own } = await session();
    await own.predict(999.5);
    expect(network.inferences[0]!.timestep).toMatchObject({
      elementType: 'f32',
      data: Float32Array.of(999.5),
    });
  });

  it('is lent until the next one, whose call empties it', async () => {
    const { network, session: own } = await session();
    const first = await own.predict(1);
    expect(network.alive.lentOutputs).toBe(1);
    await own.predict(0);
    expect(first).toHaveLength(0);
    expect(network.alive.lentOutputs).toBe(1);
  });

  it('ends with the signal’s reason when it is aborted', async () => {
    const controller = new AbortController();
    const { network, session: own } = await session(controller.signal);
    const hold = network.holdInference();
    const predicting = own.predict(1);
    await hold.reached;
    const enough = new Error('enough');
    controller.abort(enough);
    await expect(predicting).rejects.toBe(enough);
    own.release();
    expect(network.cancelled).toBe(1);
  });
});

describe('a released session', () => {
  it('returns its output and lets the network be evicted, also when released twice', async () => {
    const { network, unet, session: own } = await session();
    await own.predict(1);
    await unet.compile({ ...shape, batch: 2 });
    await settled();
    expect(network.alive).toMatchObject({ compiledModels: 2, lentOutputs: 1 });
    own.release();
    own.release();
    await settled();
    expect(network.alive).toMatchObject({ compiledModels: 1, lentOutputs: 0 });
    await unet.dispose();
    expect(network.isFreed).toBe(true);
  });
});
