import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  Core,
  graph,
  Tensor,
  type ElementType,
  type InferRequest,
  type Model,
} from '../../lib/runtime/index.js';
import { scaling, slow } from '../support/small-models.js';

let core: Core;
const open: InferRequest[] = [];

beforeAll(() => {
  core = new Core();
});

afterAll(async () => {
  await Promise.all(open.map((request) => request.dispose()));
});

async function request(model: Model): Promise<InferRequest> {
  const compiled = await core.compileModel(model, { properties: { INFERENCE_PRECISION_HINT: 'f32' } });
  const made = await compiled.createInferRequest();
  open.push(made);
  return made;
}

async function slowRequest(): Promise<InferRequest> {
  const made = await request(slow(512, 80));
  made.setInput('x', new Tensor('f32', [512, 512], new Float32Array(512 * 512).fill(0.5)));
  return made;
}

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
    const compiled = await core.compileModel(scaling(3, [1, 4]));
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

describe('memory that plain JavaScript takes away', () => {
  const sliced = (length: number): Float32Array => new Float32Array(length).fill(1);

  it('is refused at once where its size may change, or other threads may write', () => {
    const resizable = new (ArrayBuffer as new (n: number, o: object) => ArrayBuffer)(16, {
      maxByteLength: 64,
    });
    const growable = new (SharedArrayBuffer as new (n: number, o: object) => SharedArrayBuffer)(16, {
      maxByteLength: 64,
    });
    for (const buffer of [resizable, growable, new SharedArrayBuffer(16)]) {
      const data = new Float32Array(buffer, 0, 4);
      expect(() => new Tensor('f32', [4], data)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
    }
    expect(() => graph.constant('f32', [4], new Float32Array(new SharedArrayBuffer(16)))).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });

  it('is copied, so that a transfer during the inference is harmless', async () => {
    const made = await request(slow(512, 20));
    const input = sliced(512 * 512);
    made.setInput('x', new Tensor('f32', [512, 512], input));
    await made.infer();
    const expected = made.getOutput('y').data.slice();
    const running = made.infer();
    structuredClone(input.buffer, { transfer: [input.buffer as ArrayBuffer] });
    expect(input.length).toBe(0);
    await running;
    expect(made.getOutput('y').data).toEqual(expected);
    await expect(made.infer()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('is missed with a code where an output was to go', async () => {
    const made = await request(slow(512, 20));
    const output = sliced(512 * 512);
    made.setInput('x', new Tensor('f32', [512, 512]));
    made.setOutput('y', new Tensor('f32', [512, 512], output));
    const running = made.infer();
    structuredClone(output.buffer, { transfer: [output.buffer as ArrayBuffer] });
    await expect(running).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it.each(['input', 'output'])('cannot be taken from a native %s', async (port) => {
    const made = await request(slow(256, 20));
    const input = new Tensor('f32', [256, 256]);
    const output = new Tensor('f32', [256, 256]);
    input.data.fill(0.5);
    made.setInput('x', input);
    made.setOutput('y', output);
    await made.infer();
    const expected = output.data.slice();
    const running = made.infer();
    const taken = port === 'input' ? input : output;
    try {
      structuredClone(taken.data.buffer, { transfer: [taken.data.buffer as ArrayBuffer] });
    } catch {
      // Node may refuse to transfer such buffers.
    }
    taken.dispose();
    await running;
    expect(made.getOutput('y').data).toEqual(expected);
  });
});

describe('objects that are not what they seem', () => {
  /** The native objects behind the wrappers, as plain JavaScript gets hold of them. */
  const handleOf = (wrapper: object): object => (wrapper as { handle: object }).handle;

  it('are refused with swapped prototypes', async () => {
    const tensor = new Tensor('f32', [1, 4]);
    const model = scaling(2, [1, 4]);
    const made = await request(model);
    Object.setPrototypeOf(handleOf(tensor), Object.getPrototypeOf(handleOf(model)) as object);
    await expect(core.compileModel({ handle: handleOf(tensor) } as never)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    Object.setPrototypeOf(handleOf(model), Object.getPrototypeOf(handleOf(new Tensor('f32', [1]))) as object);
    expect(() => {
      made.setInput('x', { handle: handleOf(model) } as never);
    }).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => graph.node('Relu', [handleOf(model) as never])).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });

  it('are refused as the `this` of methods and of wrappers', () => {
    const model = handleOf(scaling(2));
    for (const wrong of [model, {}, null, undefined, 1, globalThis, new Proxy(model, {})]) {
      const call = (): unknown =>
        (Tensor.prototype.dispose as (this: unknown) => void).call({
          handle: Object.assign(
            Object.create(Object.getPrototypeOf(handleOf(new Tensor('f32', [1]))) as object),
            {
              wrong,
            },
          ),
        });
      expect(call).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
      const { dispose } = handleOf(new Tensor('f32', [1])) as { dispose: () => void };
      expect(() => {
        dispose.call(wrong);
      }).toThrow();
    }
  });

  it('are not made by their constructors', () => {
    for (const wrapper of [scaling(2)]) {
      const make = handleOf(wrapper).constructor as new (...given: unknown[]) => unknown;
      for (const given of [[], [{}], [handleOf(wrapper)], [1, 2, 3]]) {
        expect(() => new make(...given)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
      }
    }
  });

  it.each([undefined, null, 1, 'x', {}, [], new Float32Array(4)])(
    'are refused with a code: %o as a tensor',
    async (value) => {
      const made = await request(scaling(2, [1, 4]));
      expect(() => {
        made.setInput('x', value as never);
      }).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    },
  );

  it.each([-1, 1.5, 7, NaN, 'nowhere', undefined, null, {}])(
    'are refused with a code: %o as a port',
    async (value) => {
      const made = await request(scaling(2, [1, 4]));
      expect(() => made.getOutput(value as never)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
    },
  );
});
