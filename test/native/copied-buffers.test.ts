import { expect, it } from 'vitest';

// Read by the addon once, when the first tensor is made. Every file has a process of its own.
process.env.OPENVINO_DIFFUSERS_COPY_BUFFERS = '1';
const { Tensor } = await import('../../lib/runtime/index.js');
const { request } = await import('../support/requests.js');
const { scaling } = await import('../support/small-models.js');

it('without buffers over native memory, tensors are of JavaScript’s memory', async () => {
  const doubling = await request(scaling(2, [1, 2 ** 20]));
  const bytes = 4 * 2 ** 20;
  // Counts what V8 has allocated itself, and so no external buffer.
  const start = process.memoryUsage().arrayBuffers;
  const input = new Tensor('f32', [1, 2 ** 20]);
  input.data.fill(1.5);
  expect(process.memoryUsage().arrayBuffers - start).toBeGreaterThanOrEqual(bytes);
  doubling.setInput('x', input);
  await doubling.infer();
  const { data } = doubling.getOutput('y');
  expect(process.memoryUsage().arrayBuffers - start).toBeGreaterThanOrEqual(2 * bytes);
  expect(data.every((value) => value === 3)).toBe(true);
  expect(input.data[0]).toBe(1.5);
});

it('what is written into such a copy reaches the request that the output is bound to', async () => {
  const doubling = await request(scaling(2, [1, 2]));
  const tenfold = await request(scaling(10, [1, 2]));
  doubling.setInput('x', new Tensor('f32', [1, 2], new Float32Array([1, 2])));
  await doubling.infer();
  const before = doubling.getOutput('y');
  tenfold.setInput('x', before);
  before.data[0] = 7;
  await tenfold.infer();
  expect([...tenfold.getOutput('y').data]).toEqual([70, 40]);

  const after = doubling.getOutput('y');
  after.data[1] = 8;
  tenfold.setInput('x', after);
  await tenfold.infer();
  expect([...tenfold.getOutput('y').data]).toEqual([70, 80]);
});

it('a tensor disposed of while it is bound is still read', async () => {
  const tenfold = await request(scaling(10, [1, 2]));
  const input = new Tensor('f32', [1, 2]);
  const { data } = input;
  data.set([1, 2]);
  tenfold.setInput('x', input);
  input.dispose();
  await tenfold.infer();
  expect([...tenfold.getOutput('y').data]).toEqual([10, 20]);

  const free = new Tensor('f32', [1, 2]);
  const view = free.data;
  free.dispose();
  expect(view).toHaveLength(0);
});

// All that holds with views holds with copies.
await import('./output-leases.test.js');
await import('./infer-request.test.js');
