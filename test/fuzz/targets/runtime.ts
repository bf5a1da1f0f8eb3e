import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';

import { OpenVINODiffusersError } from '../../../lib/index.js';
import {
  Core,
  graph,
  MappedFile,
  Tensor,
  type CompiledModel,
  type Model,
} from '../../../lib/runtime/index.js';
import { target } from '../target.js';
import { ARRAYS, ATTRIBUTES, call, ELEMENT_TYPES, OPERATIONS, type Call } from './runtime-calls.js';

/** Objects made so far, by kind; and work that is under way. */
class Pool {
  readonly #made = new Map<string, unknown[]>();
  readonly pending: Promise<unknown>[] = [];

  add<T>(kind: string, value: T): T {
    const known = this.#made.get(kind) ?? [];
    known.push(value);
    this.#made.set(kind, known);
    return value;
  }

  pick(kind: string, at: number): unknown {
    const known = this.#made.get(kind) ?? [];
    return known.length === 0 ? undefined : known[at % known.length];
  }

  all(): unknown[] {
    return [...this.#made.values()].flat();
  }
}

function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

class Program {
  readonly #core: Core;
  readonly #folder: string;
  readonly #pool = new Pool();

  /** @param good - a network that runs, so that calls reach compilation and inference */
  constructor(core: Core, folder: string, good: Model) {
    this.#core = core;
    this.#folder = folder;
    this.#pool.add('model', good);
    this.#pool.add('tensor', new Tensor('f32', [3, 2], new Float32Array(6)));
  }

  /** Makes a call; what is wrong for TypeScript is the point of it. */
  call({ name, picks, odd, oddity }: Call): unknown {
    const pool = this.#pool;
    const core = this.#core;
    const [a = 0, b = 0, c = 0] = picks;
    const use = <T>(index: number, value: T): T => (oddity[index] === 0 ? (odd[index] as T) : value);
    const made = (kind: string, at: number, index = 0): never => use(index, pool.pick(kind, at)) as never;
    const elementType = use(1, ELEMENT_TYPES[a % ELEMENT_TYPES.length]!);
    const shape = use(2, odd[3] as number[]);
    const array = (): never => {
      const Kind: new (length: number) => unknown = ARRAYS[ELEMENT_TYPES[a % ELEMENT_TYPES.length]!];
      return new Kind(Array.isArray(shape) ? Math.min(product(odd[3] as number[]), 1000) : 1) as never;
    };
    const port = use(3, c % 2 === 0 ? b % 3 : ['x', 'y', 'none'][b % 3]!);
    const file = join(this.#folder, ['network.xml', 'bytes', 'absent'][a % 3]!);
    switch (name) {
      case 'parameter':
        return pool.add('output', graph.parameter(elementType, shape, use(3, 'x')));
      case 'constant':
        return pool.add('output', graph.constant(elementType, shape, use(3, array())));
      case 'node': {
        const inputs = use(
          2,
          [a, b, c].slice(0, c % 4).map((at) => pool.pick('output', at) as graph.GraphOutput),
        );
        const attributes = Object.fromEntries(
          picks
            .slice(3, 3 + (b % 4))
            .map((at, index) => [ATTRIBUTES[at % ATTRIBUTES.length]!, odd[index]] as const),
        );
        const operation = use(0, OPERATIONS[(a * 31 + b) % OPERATIONS.length]!);
        for (const output of graph.nodeOutputs(operation, inputs, attributes as never))
          pool.add('output', output);
        return undefined;
      }
      case 'fold':
        return pool.add('output', graph.fold(made('output', a)));
      case 'model':
        return pool.add(
          'model',
          graph.model(
            use(1, [made('output', a)]),
            use(2, [{ output: made('output', b, 3), names: ['y'] }]),
            'network',
          ),
        );
      case 'compile':
        return core
          .compileModel(made('model', a), {
            device: use(1, 'CPU'),
            shapes: use(2, {}),
            properties: use(3, {}),
          })
          .then((compiled) => pool.add('compiled', compiled));
      case 'request':
        return (made('compiled', a, 3) as CompiledModel)
          .createInferRequest()
          .then((request) => pool.add('request', request));
      case 'tensor':
        return pool.add('tensor', new Tensor(elementType, shape, use(3, array())));
      case 'wait':
        return Promise.allSettled(pool.pending);
      case 'readModel':
        return core
          .readModel(use(0, file), use<string | undefined>(1, undefined))
          .then((model) => pool.add('model', model));
      case 'mapped':
        return pool.add('mapped', new MappedFile(use(0, file)));
      case 'mappedRead':
        return (made('mapped', a, 3) as MappedFile).read(use(0, b), use(1, c));
      case 'mappedConstant':
        return pool.add('output', graph.mappedConstant(elementType, shape, made('mapped', a), use(3, b)));
      case 'getProperty':
        return core.getProperty(
          use(0, 'CPU'),
          use(1, ['FULL_DEVICE_NAME', 'SUPPORTED_PROPERTIES', 'none'][a % 3]!),
        );
      case 'setProperty':
        return core.setProperty(use(0, 'CPU'), use(1, { NUM_STREAMS: use(2, 1) }));
      default:
        return this.#method(name, { port, shape, picks, use });
    }
  }

  /** A method of an object made before, whichever it is. */
  #method(
    name: string,
    {
      port,
      shape,
      picks,
      use,
    }: { port: unknown; shape: unknown; picks: readonly number[]; use: <T>(i: number, v: T) => T },
  ): unknown {
    const [a = 0, b = 0] = picks;
    const kinds = { reshape: 'model', serialize: 'model', data: 'tensor', dispose: '' } as Record<
      string,
      string
    >;
    const kind = kinds[name] ?? 'request';
    const all = this.#pool.all();
    const object = (kind === '' ? all[a % all.length] : this.#pool.pick(kind, a)) as
      Record<string, unknown> | undefined;
    const method = object?.[name];
    if (typeof method !== 'function') return method;
    const files = [join(this.#folder, 'out.xml'), join(this.#folder, 'out.bin')];
    const args: Record<string, unknown[]> = {
      setInput: [port, use(0, this.#pool.pick('tensor', b))],
      setOutput: [port, use(0, this.#pool.pick('tensor', b))],
      getOutput: [port],
      reshape: [use(0, { x: shape })],
      serialize: files,
    };
    const result: unknown = Reflect.apply(method, object, args[name] ?? []);
    return name === 'getOutput' ? this.#pool.add('tensor', result) : result;
  }

  /** Makes the calls, some awaited and some not, and waits for all in the end. */
  async run(calls: readonly Call[]): Promise<void> {
    const failures: unknown[] = [];
    const note = (error: unknown): void => {
      // Odd arguments may meet JavaScript before they meet this package.
      if (!(error instanceof OpenVINODiffusersError) && !(error instanceof TypeError)) failures.push(error);
    };
    for (const one of calls) {
      try {
        const result = this.call(one);
        if (!(result instanceof Promise)) continue;
        const noted = result.catch(note);
        this.#pool.pending.push(noted);
        if (one.oddity[0]! > 3) await noted;
      } catch (error) {
        note(error);
      }
    }
    await Promise.allSettled(this.#pool.pending);
    const [failure] = failures;
    if (failure !== undefined) throw new Error('An error that is not typed', { cause: failure });
  }
}

function network(): Model {
  const x = graph.parameter('f32', [-1, 2], 'x');
  const weight = graph.constant('f32', [2], new Float32Array([1, 2]));
  return graph.model([x], [{ output: graph.node('Multiply', [x, weight]), names: ['y'] }], 'network');
}

export const runtime = target<{ calls: Call[] }>({
  name: 'runtime',
  async prepare(folder) {
    const core = new Core();
    const good = network();
    await good.serialize(join(folder, 'network.xml'), join(folder, 'network.bin'));
    writeFileSync(join(folder, 'bytes'), Buffer.alloc(4096, 1));
    return {
      inputs: fc.record({ calls: fc.array(call, { minLength: 5, maxLength: 60, size: 'max' }) }),
      warmUp: async () => {
        const compiled = await core.compileModel(good);
        const request = await compiled.createInferRequest();
        request.setInput('x', new Tensor('f32', [1, 2], new Float32Array(2)));
        await request.infer();
        await request.dispose();
        await compiled.dispose();
      },
      run: ({ calls }) => new Program(core, folder, network()).run(calls),
    };
  },
});
