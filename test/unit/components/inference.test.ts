import { getEventListeners } from 'node:events';

import { afterEach, describe, expect, it, vi } from 'vitest';

import { InferenceError, ModelLoadError } from '../../../lib/common/errors.js';
import { InferenceContext } from '../../../lib/components/inference.js';
import { ShapedModel } from '../../../lib/components/shaped-model.js';
import { Tensor } from '../../../lib/runtime/index.js';
import { fakeSettings, fakeSource } from '../../support/fake-components.js';
import { FakeNetwork, port } from '../../support/fake-network.js';
import { settled } from '../../support/hold.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const enough = new Error('enough');
const SHAPES = { x: [1] };

async function doubling() {
  const network = new FakeNetwork([port('x', [1])], [port('y', [1])], ({ x }) => ({
    y: { shape: [1], data: new Float32Array([Number(x!.data[0]) * 2]) },
  }));
  const model = await ShapedModel.read(fakeSource('unet', network), fakeSettings());
  return { network, model };
}

async function bound(context: InferenceContext) {
  const { network, model } = await doubling();
  const variant = await context.acquire(model, SHAPES);
  variant.request.setInput('x', new Tensor('f32', [1], new Float32Array([3])));
  return { network, model, variant };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('running a request', () => {
  it('adds the time of its inference to that of the ones before', async () => {
    const times = [1000, 1250, 5000, 7000];
    vi.spyOn(performance, 'now').mockImplementation(() => times.shift()!);
    const context = new InferenceContext();
    const { variant } = await bound(context);
    await context.run(variant);
    expect(context.inferenceSeconds).toBe(0.25);
    await context.run(variant);
    expect(context.inferenceSeconds).toBe(2.25);
    expect([...variant.request.getOutput('y').data]).toEqual([6]);
  });

  it('is cancelled by an abort while it runs, and rejects with the signal’s reason', async () => {
    const controller = new AbortController();
    const context = new InferenceContext(controller.signal);
    const { network, variant } = await bound(context);
    const hold = network.holdInference();
    const running = context.run(variant);
    await hold.reached;
    controller.abort(enough);
    await expect(running).rejects.toBe(enough);
    expect(network.cancelled).toBe(1);
  });

  it('does not start once the signal is aborted', async () => {
    const controller = new AbortController();
    const context = new InferenceContext(controller.signal);
    const { network, variant } = await bound(context);
    controller.abort(enough);
    await expect(context.run(variant)).rejects.toBe(enough);
    expect(network.inferences).toEqual([]);
  });

  it('leaves no listener on the signal, whether it succeeds or fails', async () => {
    const { signal } = new AbortController();
    const context = new InferenceContext(signal);
    const { network, variant } = await bound(context);
    await context.run(variant);
    network.failInference(enough);
    await expect(context.run(variant)).rejects.toBe(enough);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('rejects with the failure itself, also where someone else cancelled it', async () => {
    const context = new InferenceContext(new AbortController().signal);
    const { network, variant } = await bound(context);
    const hold = network.holdInference();
    const running = context.run(variant);
    await hold.reached;
    variant.request.cancel();
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    const failure = new InferenceError('OPENVINO', 'division by zero');
    network.failInference(failure);
    await expect(context.run(variant)).rejects.toBe(failure);
  });
});

describe('files of weights', () => {
  const changed = new ModelLoadError('MODEL_CORRUPT', 'changed');

  it.each([
    ['before an inference', 1, 0],
    ['during one', 2, 1],
  ])('that were written to %s are an error', async (_, failing, inferences) => {
    const context = new InferenceContext();
    const { network, variant } = await bound(context);
    let checks = 0;
    const verifyFiles = () => {
      if (++checks === failing) throw changed;
    };
    await expect(context.run({ ...variant, verifyFiles })).rejects.toBe(changed);
    expect(network.inferences).toHaveLength(inferences);
  });
});

describe('acquiring a network', () => {
  it('waits for its compilation', async () => {
    const { network, model } = await doubling();
    const variant = await new InferenceContext().acquire(model, SHAPES);
    expect(network.compiledShapes).toEqual([SHAPES]);
    variant.release();
    await model.dispose();
    expect(network.isFreed).toBe(true);
  });

  it('ends at once on an abort; the compilation goes on, serves the next call and holds nothing', async () => {
    const { network, model } = await doubling();
    const controller = new AbortController();
    const hold = network.holdCompilation();
    const acquiring = new InferenceContext(controller.signal).acquire(model, SHAPES);
    await hold.reached;
    controller.abort(enough);
    await expect(acquiring).rejects.toBe(enough);
    hold.release();
    (await new InferenceContext().acquire(model, SHAPES)).release();
    expect(network.compilations).toHaveLength(1);
    await model.dispose();
    expect(network.isFreed).toBe(true);
  });

  it('stays quiet about a compilation that fails after the abort', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const { network, model } = await doubling();
    const controller = new AbortController();
    const hold = network.holdCompilation();
    const acquiring = new InferenceContext(controller.signal).acquire(model, SHAPES);
    await hold.reached;
    controller.abort(enough);
    await expect(acquiring).rejects.toBe(enough);
    hold.fail(new InferenceError('OPENVINO', 'too late'));
    await settled();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});
