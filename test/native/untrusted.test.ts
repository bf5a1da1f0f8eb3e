import { createServer } from 'node:net';
import { types } from 'node:util';

import { describe, expect, it } from 'vitest';

import { graph, sharedCore, Tensor } from '../../lib/runtime/index.js';
import { request } from '../support/requests.js';
import { scaling, slow } from '../support/small-models.js';

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
    await expect(sharedCore().compileModel({ handle: handleOf(tensor) } as never)).rejects.toMatchObject({
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

  it('are refused as the `this` of methods', () => {
    const model = handleOf(scaling(2));
    const prototype = Object.getPrototypeOf(handleOf(new Tensor('f32', [1]))) as object;
    const { dispose } = prototype as { dispose: (this: unknown) => void };
    for (const wrong of [model, {}, null, undefined, 1, globalThis, new Proxy(model, {})]) {
      expect(() => {
        dispose.call(wrong);
      }).toThrow();
    }
    const pretender = Object.create(Tensor.prototype, {
      handle: { value: Object.create(prototype) as object },
    }) as Tensor;
    expect(() => {
      pretender.dispose();
    }).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  it('are not made by their constructors, whatever these are given', () => {
    const wrapped = handleOf(scaling(2));
    const make = wrapped.constructor as new (...given: unknown[]) => unknown;
    // Node's own way to hand native pointers to JavaScript.
    const socket = createServer().listen(0);
    const pointer = (socket as unknown as { _handle: { _externalStream: unknown } })._handle._externalStream;
    expect(types.isExternal(pointer)).toBe(true);
    for (const given of [[], [{}], [wrapped], [1, 2, 3], [pointer]]) {
      expect(() => new make(...given)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    }
    socket.close();
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
