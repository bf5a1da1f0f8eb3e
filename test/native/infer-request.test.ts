import { describe, expect, it } from 'vitest';

import { graph, sharedCore, Tensor, type ElementType } from '../../lib/runtime/index.js';
import { request, slowRequest } from '../support/requests.js';
import { scaling } from '../support/small-models.js';

describe('inference', () => {
  it('reads and writes the very memory that was bound', async () => {
    const made = await request(scaling(2, [1, 4]));
    const input = new Float32Array([1, 2, 3, 4]);
    const output = new Float32Array(4);
    made.setInput('x', new Tensor('f32', [1, 4], input));
    made.setOutput('y', new Tensor('f32', [1, 4], output));
    await made.infer();
    expect([...output]).toEqual([2, 4, 6, 8]);
    input.set([5, 6, 7, 8]);
    await made.infer();
    expect([...output]).toEqual([10, 12, 14, 16]);
  });

  it('takes a view into the middle of a buffer', async () => {
    const made = await request(scaling(2, [1, 4]));
    const whole = new Float32Array([9, 9, 1, 2, 3, 4, 9]);
    made.setInput('x', new Tensor('f32', [1, 4], whole.subarray(2, 6)));
    await made.infer();
    expect([...made.getOutput('y').data]).toEqual([2, 4, 6, 8]);
  });

  it('follows dynamic shapes', async () => {
    const made = await request(scaling(2));
    for (const rows of [1, 3, 2]) {
      made.setInput('x', new Tensor('f32', [rows, 4], new Float32Array(rows * 4).fill(rows)));
      await made.infer();
      using output = made.getOutput('y');
      expect(output.shape).toEqual([rows, 4]);
      expect([...output.data]).toEqual(Array<number>(rows * 4).fill(rows * 2));
    }
  });

  it.each<[ElementType, ArrayLike<number | bigint>, unknown[]]>([
    ['f32', new Float32Array([1.5, -2]), [1.5, -2]],
    ['f16', new Uint16Array([0x3e00, 0xc000]), [0x3e00, 0xc000]],
    ['bf16', new Uint16Array([0x3fc0, 0xc000]), [0x3fc0, 0xc000]],
    ['i32', new Int32Array([7, -7]), [7, -7]],
    // The CPU computes in 32 bits inside.
    ['i64', new BigInt64Array([2n ** 30n, -1n]), [2n ** 30n, -1n]],
    ['u8', new Uint8Array([0, 255]), [0, 255]],
    ['boolean', new Uint8Array([1, 0]), [1, 0]],
  ])('carries %s both ways', async (type, data, expected) => {
    const x = graph.parameter(type, [2], 'x');
    // A reshape moves elements without touching them, whatever their type.
    const shape = graph.constant('i64', [2], new BigInt64Array([1n, 2n]));
    const output = graph.node('Reshape', [x, shape], { special_zero: false });
    const made = await request(graph.model([x], [{ output, names: ['y'] }], 'm'));
    made.setInput('x', new Tensor(type, [2], data as never));
    await made.infer();
    const result = made.getOutput<ElementType>('y');
    expect(result.elementType).toBe(type);
    expect(Array.from(result.data as Iterable<unknown>)).toEqual(expected);
  });

  it('runs on other threads: the event loop turns meanwhile', async () => {
    const made = await slowRequest();
    let ticks = 0;
    const interval = setInterval(() => ticks++, 1);
    await made.infer();
    clearInterval(interval);
    expect(ticks).toBeGreaterThan(1);
  });

  it('refuses a second inference, and changes, while one runs', async () => {
    const made = await slowRequest();
    const running = made.infer();
    await expect(made.infer()).rejects.toMatchObject({ code: 'BUSY' });
    expect(() => {
      made.setInput('x', new Tensor('f32', [512, 512], new Float32Array(512 * 512)));
    }).toThrow(expect.objectContaining({ code: 'BUSY' }));
    expect(() => made.getOutput('y')).toThrow(expect.objectContaining({ code: 'BUSY' }));
    await running;
  });

  it('is cancelled in the middle, and runs again', async () => {
    const made = await slowRequest();
    await made.infer();
    const expected = made.getOutput('y').data.slice(0, 8);
    const running = made.infer();
    made.cancel();
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    await made.infer();
    expect(made.getOutput('y').data.slice(0, 8)).toEqual(expected);
  });

  it('overlaps with others over one model', async () => {
    const compiled = await sharedCore().compileModel(scaling(3, [1, 4]));
    const results = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        const made = await compiled.createInferRequest();
        made.setInput('x', new Tensor('f32', [1, 4], new Float32Array(4).fill(i)));
        await made.infer();
        const [first] = made.getOutput('y').data;
        await made.dispose();
        return first;
      }),
    );
    expect(results).toEqual([0, 3, 6, 9, 12, 15, 18, 21]);
  });
});

describe('a lent output', () => {
  it('never changes while it is held', async () => {
    const made = await request(scaling(2, [1, 4]));
    const input = new Float32Array([1, 2, 3, 4]);
    made.setInput('x', new Tensor('f32', [1, 4], input));
    await made.infer();
    const held = made.getOutput('y');
    expect(made.getOutput('y').data).toBe(held.data);
    input.fill(100);
    await made.infer();
    expect([...held.data]).toEqual([2, 4, 6, 8]);
    expect([...made.getOutput('y').data]).toEqual([200, 200, 200, 200]);
  });

  it('outlives its request', async () => {
    const made = await request(scaling(2, [1, 4]));
    made.setInput('x', new Tensor('f32', [1, 4], new Float32Array([1, 2, 3, 4])));
    await made.infer();
    const { data } = made.getOutput('y');
    await made.dispose();
    expect([...data]).toEqual([2, 4, 6, 8]);
  });

  it('reads as empty once given back', async () => {
    const made = await request(scaling(2, [1, 4]));
    made.setInput('x', new Tensor('f32', [1, 4], new Float32Array(4)));
    await made.infer();
    const output = made.getOutput('y');
    const { data } = output;
    output.dispose();
    expect(data.length).toBe(0);
    expect(() => output.data).toThrow(expect.objectContaining({ code: 'DISPOSED' }));
  });
});

describe('a tensor', () => {
  it.each<[string, () => unknown, string]>([
    ['too few elements', () => new Tensor('f32', [2, 2], new Float32Array(3)), 'SHAPE_MISMATCH'],
    ['another kind of array', () => new Tensor('f32', [2], new Int32Array(2) as never), 'INVALID_ARGUMENT'],
    [
      'an unknown type',
      () => new Tensor('f64' as never, [2], new Float32Array(2) as never),
      'INVALID_ARGUMENT',
    ],
    ['a negative size', () => new Tensor('f32', [-1], new Float32Array(1)), 'INVALID_ARGUMENT'],
    ['a fraction of a size', () => new Tensor('f32', [1.5], new Float32Array(1)), 'INVALID_ARGUMENT'],
    [
      'sizes beyond all memory',
      () => new Tensor('f32', [2 ** 40, 2 ** 40], new Float32Array(1)),
      'INVALID_ARGUMENT',
    ],
  ])('is refused with a code: %s', (_, make, code) => {
    expect(make).toThrow(expect.objectContaining({ code }));
  });

  it('is found out when its buffer was transferred away', async () => {
    const made = await request(scaling(2, [1, 4]));
    const input = new Float32Array(4);
    made.setInput('x', new Tensor('f32', [1, 4], input));
    structuredClone(input.buffer, { transfer: [input.buffer] });
    await expect(made.infer()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('of the wrong shape is refused by the request', async () => {
    const made = await request(scaling(2, [1, 4]));
    expect(() => {
      made.setInput('x', new Tensor('f32', [2, 4], new Float32Array(8)));
    }).toThrow(expect.objectContaining({ code: 'OPENVINO' }));
    expect(() => {
      made.setInput('z', new Tensor('f32', [1, 4], new Float32Array(4)));
    }).toThrow('inputs (x)');
  });
});

describe('a disposed request', () => {
  it('first ends what runs', async () => {
    const made = await slowRequest();
    const running = made.infer();
    const outcome = expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    await made.dispose();
    await outcome;
    await expect(made.infer()).rejects.toMatchObject({ code: 'DISPOSED' });
    await made.dispose();
  });

  it('takes nothing more while it ends, so that nothing is left running', async () => {
    const made = await slowRequest();
    const running = expect(made.infer()).rejects.toMatchObject({ code: 'CANCELLED' });
    const disposal = made.dispose();
    await expect(made.infer()).rejects.toMatchObject({ code: 'DISPOSED' });
    expect(() => {
      made.setInput('x', new Tensor('f32', [512, 512]));
    }).toThrow(expect.objectContaining({ code: 'DISPOSED' }));
    expect(() => made.getOutput('y')).toThrow(expect.objectContaining({ code: 'DISPOSED' }));
    let ended = false;
    void disposal.then(() => (ended = true));
    await made.dispose();
    expect(ended).toBe(true);
    await running;
  });
});
