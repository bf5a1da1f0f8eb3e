import { describe, expect, it } from 'vitest';

import { Tensor, type InferRequest } from '../../lib/runtime/index.js';
import { request } from '../support/requests.js';
import { scaling } from '../support/small-models.js';

describe('an output bound as the input of another request', () => {
  async function scaled(factor: number): Promise<InferRequest> {
    return request(scaling(factor, [1, 4]));
  }

  it('stays whole after it was disposed, until another is bound', async () => {
    const producer = await scaled(2);
    const consumer = await scaled(1);
    const input = new Float32Array([1.5, 1.5, 1.5, 1.5]);
    producer.setInput('x', new Tensor('f32', [1, 4], input));
    await producer.infer();
    const output = producer.getOutput('y');
    consumer.setInput('x', output);
    output.dispose();
    input.fill(51);
    await producer.infer();
    await consumer.infer();
    expect([...consumer.getOutput('y').data]).toEqual([3, 3, 3, 3]);

    consumer.setInput('x', producer.getOutput('y'));
    await consumer.infer();
    expect([...consumer.getOutput('y').data]).toEqual([102, 102, 102, 102]);
  });

  it('feeds a chain over many steps, with every step bound anew and nothing awaited in between', async () => {
    const residuals = await scaled(10);
    const network = await scaled(1);
    const sample = new Tensor('f32', [1, 4]);
    residuals.setInput('x', sample);
    for (let step = 1; step <= 12; step++) {
      sample.data.fill(step);
      await residuals.infer();
      using output = residuals.getOutput('y');
      network.setInput('x', output);
      // The next residuals are computed while the network still reads these.
      sample.data.fill(-1);
      await Promise.all([network.infer(), residuals.infer()]);
      using result = network.getOutput('y');
      expect([...result.data]).toEqual(Array<number>(4).fill(step * 10));
    }
  });

  it('may be its own, and be held by many at once', async () => {
    const doubling = await scaled(2);
    const readers = await Promise.all([scaled(1), scaled(1), scaled(1)]);
    doubling.setInput('x', new Tensor('f32', [1, 4], new Float32Array(4).fill(1)));
    for (const reader of readers) {
      await doubling.infer();
      const output = doubling.getOutput('y');
      doubling.setInput('x', output);
      reader.setInput('x', output);
      output.dispose();
    }
    await doubling.infer();
    await Promise.all(readers.map((reader) => reader.infer()));
    const values = [...readers, doubling].map((each) => each.getOutput('y').data[0]);
    expect(values).toEqual([2, 4, 8, 16]);
  });

  it('outlives the request that wrote it', async () => {
    const producer = await scaled(2);
    const consumer = await scaled(3);
    producer.setInput('x', new Tensor('f32', [1, 4], new Float32Array(4).fill(1)));
    await producer.infer();
    consumer.setInput('x', producer.getOutput('y'));
    await producer.dispose();
    await consumer.infer();
    expect([...consumer.getOutput('y').data]).toEqual([6, 6, 6, 6]);
  });

  it('follows dynamic shapes', async () => {
    const producer = await request(scaling(2));
    const consumer = await request(scaling(1));
    for (const rows of [1, 3, 2, 5]) {
      producer.setInput('x', new Tensor('f32', [rows, 4], new Float32Array(rows * 4).fill(rows)));
      await producer.infer();
      const output = producer.getOutput('y');
      consumer.setInput('x', output);
      output.dispose();
      producer.setInput('x', new Tensor('f32', [7, 4], new Float32Array(28).fill(100)));
      await producer.infer();
      await consumer.infer();
      using result = consumer.getOutput('y');
      expect(result.shape).toEqual([rows, 4]);
      expect([...result.data]).toEqual(Array<number>(rows * 4).fill(rows * 2));
    }
  });
});

describe('bound memory', () => {
  it('of an output without an array is native, and read back without a copy', async () => {
    const made = await request(scaling(2, [1, 4]));
    const input = new Tensor('f32', [1, 4]);
    const output = new Tensor('f32', [1, 4]);
    expect([...input.data]).toEqual([0, 0, 0, 0]);
    made.setInput('x', input);
    made.setOutput('y', output);
    const { data } = output;
    for (const value of [1, 2]) {
      input.data.fill(value);
      await made.infer();
      expect([...data]).toEqual(Array<number>(4).fill(value * 2));
      expect([...made.getOutput('y').data]).toEqual([...data]);
    }
  });

  it('is what getOutput gives, and goes on being written to after that', async () => {
    const made = await request(scaling(2, [1, 4]));
    const input = new Float32Array(4);
    const output = new Float32Array(4);
    made.setInput('x', new Tensor('f32', [1, 4], input));
    made.setOutput('y', new Tensor('f32', [1, 4], output));
    for (const value of [1, 2, 3]) {
      input.fill(value);
      await made.infer();
      expect(made.getOutput('y').data).toBe(output);
      expect([...output]).toEqual(Array<number>(4).fill(value * 2));
    }
  });

  it('is refused for an output that has another shape in the end', async () => {
    const made = await request(scaling(2));
    made.setOutput('y', new Tensor('f32', [4, 4], new Float32Array(16)));
    made.setInput('x', new Tensor('f32', [2, 4], new Float32Array(8)));
    await expect(made.infer()).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
  });
});
