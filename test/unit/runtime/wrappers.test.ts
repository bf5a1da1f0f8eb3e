import { beforeEach, describe, expect, it, vi } from 'vitest';

import type { Binding, NativeInferRequest } from '../../../lib/runtime/binding.js';
import { InferRequest, portIndex } from '../../../lib/runtime/infer-request.js';
import {
  Core,
  graph,
  MappedFile,
  openvinoVersion,
  Tensor,
  WeightConversion,
} from '../../../lib/runtime/index.js';

/** An addon that only writes down what it is asked. */
const calls: unknown[][] = [];
const said = <T>(name: string, result?: T) =>
  vi.fn((...given: unknown[]) => {
    calls.push([name, ...given]);
    return result as T;
  });
const port = { names: ['x'], elementType: 'f32', shape: [1, 4] };
const request = {
  cancel: said('cancel'),
  infer: said('infer', Promise.resolve()),
  dispose: said('request.dispose', Promise.resolve()),
};
const compiled = {
  ...{ inputs: [port], outputs: [port], dispose: said('compiled.dispose', Promise.resolve()) },
  ...{ createInferRequest: said('createInferRequest', Promise.resolve(request)) },
  getProperty: said('compiled.getProperty', 'f32'),
};
const model = {
  ...{ inputs: [port], outputs: [port], dispose: said('model.dispose') },
  ...{ reshape: said('reshape', Promise.resolve()), serialize: said('serialize', Promise.resolve()) },
};

class FakeCore {
  readModel = said('readModel', Promise.resolve(model));
  compileModel = said('compileModel', Promise.resolve(compiled));
  availableDevices = said('availableDevices', Promise.resolve(['CPU']));
  getProperty = said('getProperty', Promise.resolve(1));
  setProperty = said('setProperty', Promise.resolve());
}
class FakeFile {
  byteLength = 8;
  read = said('read', new Uint8Array(2));
  dispose = said('file.dispose');
  constructor(path: string) {
    calls.push(['new MappedFile', path]);
  }
}
class FakeTensor {
  dispose = said('tensor.dispose');
  constructor(
    readonly elementType: string,
    readonly shape: number[],
    readonly data: unknown,
  ) {}
}
class FakeConversion {
  convert = said('convert', 'converted');
  quantize = said('quantize', ['integers', 'scales']);
  upsampling = said('upsampling', 'kernels');
  run = said('run', Promise.resolve(['wide']));
}
const fake = {
  ...{ Core: FakeCore, MappedFile: FakeFile, Tensor: FakeTensor, WeightConversion: FakeConversion },
  graphParameter: said('graphParameter', 'parameter'),
  graphConstant: said('graphConstant', 'constant'),
  graphNode: said('graphNode', ['first', 'second']),
  graphFold: said('graphFold', 'folded'),
  graphMarkDecompression: said('graphMarkDecompression'),
  graphModel: said('graphModel', model),
  openvinoVersion: '2026.4.0-1',
};
vi.mock('../../../lib/runtime/loading/load-binding.js', () => ({
  binding: () => fake as unknown as Binding,
}));

beforeEach(() => {
  calls.length = 0;
});

const x = 'x' as unknown as graph.GraphOutput;

describe('what goes down to the addon', () => {
  it('is one options object for a node, a constant and a model', () => {
    expect(graph.parameter('f32', [-1], 'x')).toBe('parameter');
    const data = new Float32Array(1);
    graph.constant('f32', [1], data, 'c');
    using file = new MappedFile('weights');
    graph.mappedConstant('f16', [2], file, 4);
    expect(graph.node('Relu', [x], { a: 1 }, 'r')).toBe('first');
    graph.fold(x, 'f');
    graph.model([x], [{ output: x, names: ['y'] }], 'm');
    expect(calls).toEqual([
      ['graphParameter', { elementType: 'f32', shape: [-1], name: 'x' }],
      ['graphConstant', { elementType: 'f32', shape: [1], data, name: 'c' }],
      ['new MappedFile', 'weights'],
      [
        'graphConstant',
        { elementType: 'f16', shape: [2], file: file.handle, byteOffset: 4, name: undefined },
      ],
      [
        'graphNode',
        { operation: 'Relu', inputs: [x], attributes: { a: 1 }, operationSet: 'opset13', name: 'r' },
      ],
      ['graphFold', { output: x, name: 'f' }],
      ['graphModel', { parameters: [x], results: [{ output: x, names: ['y'] }], name: 'm', runtimeInfo: [] }],
    ]);
  });

  it('marks weights that are to stay small', () => {
    expect(graph.decompressed(x)).toBe('first');
    expect(calls.map(([name]) => name)).toEqual(['graphNode', 'graphMarkDecompression']);
  });

  it('is a model with all it is compiled with, by default for the CPU', async () => {
    const core = new Core();
    const read = await core.readModel('a.xml', 'a.bin');
    await read.reshape({ x: [2, 4] });
    await read.serialize('b.xml', 'b.bin');
    await core.compileModel(read, { shapes: { x: [1, 4] } });
    read.dispose();
    expect(calls).toEqual([
      ['readModel', 'a.xml', 'a.bin'],
      ['reshape', { x: [2, 4] }],
      ['serialize', 'b.xml', 'b.bin'],
      [
        'compileModel',
        { model, device: 'CPU', properties: undefined, shapes: { x: [1, 4] }, elementTypes: undefined },
      ],
      ['model.dispose'],
    ]);
    expect([await core.availableDevices(), await core.getProperty('CPU', 'A'), openvinoVersion()]).toEqual([
      ['CPU'],
      1,
      '2026.4.0-1',
    ]);
  });

  it('is whatever stands for a model, or nothing: the addon refuses it', async () => {
    await new Core().compileModel(undefined as never);
    expect(calls).toEqual([['compileModel', expect.objectContaining({ model: undefined })]]);
  });

  it('is a conversion, with what it could not convert coming back', async () => {
    const conversion = new WeightConversion('folder');
    expect(conversion.convert(x, 'f16', 'a')).toBe('converted');
    expect(conversion.quantize(x, 'b')).toEqual(['integers', 'scales']);
    expect(conversion.upsampling(x, 'f32', 'c')).toBe('kernels');
    expect(await conversion.run()).toEqual(['wide']);
  });

  it('is a compiled model, asked and freed', async () => {
    const made = await new Core().compileModel(await new Core().readModel('a.xml'));
    expect([made.inputs, made.outputs, made.getProperty('P')]).toEqual([[port], [port], 'f32']);
    await using created = await made.createInferRequest();
    await created.infer();
    await made.dispose();
    expect(calls.slice(2)).toEqual([
      ['compiled.getProperty', 'P'],
      ['createInferRequest'],
      ['infer'],
      ['compiled.dispose'],
    ]);
  });

  it('is no array that may change its size', () => {
    const buffer = new (ArrayBuffer as new (n: number, o: object) => ArrayBuffer)(4, { maxByteLength: 8 });
    Object.defineProperty(buffer, 'resizable', { value: false });
    expect(() => new Tensor('f32', [1], new Float32Array(buffer, 0, 1))).toThrow('resizable');
    expect(new Tensor('f32', [1]).data).toBeUndefined();
  });
});

describe('a port', () => {
  const ports = [port, { ...port, names: [] }];
  it.each([
    ['x', 0],
    [1, 1],
  ])('is found by name or index: %s', (name, index) => {
    expect(portIndex(ports, name, 'input')).toBe(index);
  });

  it.each(['y', 2, -1, 0.5, NaN])('is refused with those there are: %s', (name) => {
    expect(() => portIndex(ports, name, 'output')).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('outputs (x, 1)') as string,
      }),
    );
  });
});

describe('a request', () => {
  it('is disposed of once, after what runs, and refuses everything from the call on', async () => {
    const order: string[] = [];
    let end: (error: Error) => void = () => undefined;
    const handle = {
      running: true,
      setInput: vi.fn(),
      setOutput: vi.fn(),
      getOutput: vi.fn(),
      infer: () => new Promise<void>((_, reject) => (end = reject)),
      cancel: () => {
        order.push('cancel');
        setTimeout(() => {
          order.push('ended');
          end(Object.assign(new Error('x'), { code: 'CANCELLED' }));
        }, 5);
      },
      dispose: () => {
        order.push('dispose');
        return Promise.resolve();
      },
    } satisfies NativeInferRequest;
    const made = InferRequest.wrap(handle, [port], [port]);
    const running = expect(made.infer()).rejects.toMatchObject({ code: 'CANCELLED' });
    const first = made.dispose();
    expect(made.dispose()).toBe(first);
    await expect(made.infer()).rejects.toMatchObject({ code: 'DISPOSED' });
    const tensor = new Tensor('f32', [1]);
    for (const use of [
      () => {
        made.setInput('x', tensor);
      },
      () => {
        made.setOutput('x', tensor);
      },
      () => made.getOutput('x'),
    ]) {
      expect(use).toThrow(expect.objectContaining({ code: 'DISPOSED' }));
    }
    await first;
    await running;
    expect(order).toEqual(['cancel', 'ended', 'dispose']);
    expect(handle.setInput).not.toHaveBeenCalled();
  });
});
