import { describe, expect, it, vi } from 'vitest';

import { TaskQueue } from '../../../lib/components/task-queue.js';
import { TextEncoder } from '../../../lib/components/text-encoder.js';
import { fakeSettings, fakeSource, textEncoderNetwork } from '../../support/fake-components.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

async function component() {
  const network = textEncoderNetwork();
  const source = fakeSource('text_encoder', network);
  const queue = new TaskQueue();
  return { network, source, queue, encoder: await TextEncoder.read(source, fakeSettings({ queue })) };
}

describe('a component', () => {
  it('has the source it was read from, and the queue it was loaded with', async () => {
    const { encoder, source, queue } = await component();
    expect(encoder.source).toBe(source);
    expect(encoder.queue).toBe(queue);
  });

  it('is disposed by the last of its holders', async () => {
    const { encoder, network } = await component();
    await encoder.compile(4);
    encoder.retain();
    encoder.retain();
    expect(encoder.holders).toBe(2);
    await encoder.release();
    expect(encoder.holders).toBe(1);
    await encoder.compile(4);
    await encoder.release();
    expect(encoder.holders).toBe(0);
    expect(network.isFreed).toBe(true);
    await expect(encoder.compile(4)).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  it('that nobody holds is freed by `await using`', async () => {
    const { encoder, network } = await component();
    {
      await using scoped = encoder;
      await scoped.compile(4);
      expect(network.alive.compiledModels).toBe(1);
    }
    expect(network.isFreed).toBe(true);
  });

  it('has the precision of what was compiled', async () => {
    const { encoder, network } = await component();
    network.precision = () => 'bf16';
    expect(encoder.inferencePrecision).toBeUndefined();
    await encoder.compile(4);
    expect(encoder.inferencePrecision).toBe('bf16');
  });
});
