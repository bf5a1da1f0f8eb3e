import { createHash } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { TorchGenerator } from '../../lib/random/index.js';
import { setNormalKernel } from '../../lib/random/normal-kernel.js';
import { fillNormal } from '../../lib/runtime/index.js';
import reference from '../fixtures/reference/random.json' with { type: 'json' };

afterEach(() => {
  setNormalKernel(undefined);
});

describe('the native kernel gives, bit for bit, torch’s numbers', () => {
  beforeEach(() => {
    expect(setNormalKernel(fillNormal)).toBe(true);
  });

  const named = reference.torch.map((entry) => ({
    ...entry,
    shapes: entry.draws.map(({ shape }) => `[${shape.join()}]`).join(' then '),
  }));

  it.each(named)('from seed $seed: $shapes', ({ seed, draws }) => {
    const generator = new TorchGenerator(BigInt(seed));
    for (const { shape, sha256 } of draws) {
      const drawn = generator.randn(shape);
      expect(createHash('sha256').update(new Uint8Array(drawn.buffer)).digest('hex')).toBe(sha256);
    }
  });

  it('and alternates with JavaScript, whatever the sizes', () => {
    const [alternating, javascript] = [new TorchGenerator(11), new TorchGenerator(11)];
    for (let size = 1; size < 700; size += 13) {
      setNormalKernel(size % 2 ? fillNormal : undefined);
      const drawn = alternating.randn([size]);
      setNormalKernel(undefined);
      expect(drawn).toEqual(javascript.randn([size]));
    }
  });

  it('and for a million numbers', () => {
    const drawn = new TorchGenerator(5).randn([1_000_003]);
    setNormalKernel(undefined);
    expect(
      Buffer.compare(Buffer.from(drawn.buffer), Buffer.from(new TorchGenerator(5).randn([1_000_003]).buffer)),
    ).toBe(0);
  });
});

it('a kernel that gives other numbers is not taken', () => {
  const off = (state: Uint32Array, out: Float32Array): void => {
    fillNormal(state, out);
    out[1000]! += 1e-7;
  };
  expect(setNormalKernel(off)).toBe(false);
  expect(setNormalKernel((_, out) => out.fill(0))).toBe(false);
  expect(new TorchGenerator(1).randn([20])).toHaveLength(20);
});

describe('arrays of another kind or size are refused', () => {
  const state = (next: number): Uint32Array => Object.assign(new Uint32Array(625), { 624: next });
  const out = new Float32Array(16);

  it.each<[string, unknown, unknown]>([
    ['a state too short', new Uint32Array(624), out],
    ['a state of another type', new Int32Array(625), out],
    ['an index beyond the state', state(625), out],
    ['no state', undefined, out],
    ['a short output', state(0), new Float32Array(15)],
    ['an output of another type', state(0), new Float64Array(16)],
    ['a detached output', state(0), detached()],
    ['no output', state(0), null],
  ])('%s', (_, given, target) => {
    expect(() => {
      fillNormal(given as Uint32Array, target as Float32Array);
    }).toThrow(expect.objectContaining({ name: 'InvalidArgumentError', code: 'INVALID_ARGUMENT' }));
  });

  function detached(): Float32Array {
    const values = new Float32Array(16);
    structuredClone(values.buffer, { transfer: [values.buffer] });
    return values;
  }
});
