import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  graph,
  sharedCore,
  Tensor,
  WeightConversion,
  type ElementType,
  type GraphOutput,
} from '../../lib/runtime/index.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weight-conversion-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** What constants hold, in f32, as an inference returns them. */
async function valuesOf(...constants: GraphOutput[]): Promise<Float32Array[]> {
  // Inputs that add nothing: OpenVINO does not run networks without any.
  const zero = graph.parameter('f32', [1], 'zero');
  const results = constants.map((constant, i) => ({
    output: graph.node('Add', [graph.node('Convert', [constant], { destination_type: 'f32' }), zero]),
    names: [`result${i}`],
  }));
  using model = graph.model([zero], results, 'values');
  const compiled = await sharedCore().compileModel(model, {
    properties: { INFERENCE_PRECISION_HINT: 'f32' },
  });
  const request = await compiled.createInferRequest();
  request.setInput('zero', new Tensor('f32', [1], new Float32Array(1)));
  await request.infer();
  const values = constants.map((_, i) => request.getOutput(`result${i}`).data.slice());
  await request.dispose();
  await compiled.dispose();
  return values;
}

const folded = (constant: GraphOutput, type: ElementType): GraphOutput =>
  graph.fold(graph.node('Convert', [constant], { destination_type: type }));

describe('converted weights', () => {
  it.each([
    ['f16', 'f32'],
    ['bf16', 'f32'],
    ['bf16', 'f16'],
    ['f32', 'f16'],
  ] as const)('hold what OpenVINO folds: %s to %s, over more than one block', async (from, to) => {
    const length = (1 << 20) + 3;
    const bits = Uint16Array.from({ length }, (_, i) => (i * 2654435761) % 0x7c00);
    const source =
      from === 'f32'
        ? graph.constant(
            'f32',
            [length],
            Float32Array.from(bits, (n) => Math.sin(n) * 100),
          )
        : graph.constant(from, [length], from === 'f16' ? bits : bits.map((n) => n % 0x4000));
    const conversion = new WeightConversion(folder);
    const converted = conversion.convert(source, to, 'weights');
    expect([converted.elementType, converted.shape]).toEqual([to, [length]]);
    await conversion.run();
    const [ours, expected] = await valuesOf(converted, folded(source, to));
    expect(Buffer.compare(Buffer.from(ours!.buffer), Buffer.from(expected!.buffer))).toBe(0);
  });

  it('name what float16 cannot hold, and convert the rest', async () => {
    const conversion = new WeightConversion(folder);
    const beyond = Float32Array.of(1, 65504.01, 2);
    const largest = Float32Array.of(1, -65504, 2);
    conversion.convert(graph.constant('f32', [3], beyond), 'f16', 'beyond');
    const held = conversion.convert(graph.constant('f32', [3], largest), 'f16', 'largest');
    // 2 ** 127, which bfloat16 holds.
    conversion.convert(graph.constant('bf16', [1], Uint16Array.of(0x7f00)), 'f16', 'bfloat');
    expect(await conversion.run()).toEqual(['beyond', 'bfloat']);
    expect(await valuesOf(held)).toEqual([largest]);
  });

  it.each([
    ['f32', 'f16', Float32Array.of(1, NaN)],
    ['f32', 'f16', Float32Array.of(1, Infinity)],
    ['bf16', 'f32', Uint16Array.of(0x3f80, 0x7fc0)],
    ['f16', 'f32', Uint16Array.of(0x3c00, 0xfc00)],
  ] as const)('are refused by name where %s to %s meets what is not finite', async (from, to, data) => {
    const conversion = new WeightConversion(folder);
    conversion.convert(graph.constant(from, [2], data), to, 'mid_block.weight');
    await expect(conversion.run()).rejects.toMatchObject({
      code: 'MODEL_CORRUPT',
      message: expect.stringContaining('mid_block.weight') as string,
    });
  });

  it.each([
    ['f64', Float64Array.of(0.5, -3, 65000)],
    ['f8e4m3', Uint8Array.of(0x30, 0xc4, 0x7e)],
    ['f8e5m2', Uint8Array.of(0x38, 0xc2, 0x7b)],
  ] as const)('are read from %s', async (from, data) => {
    const source = graph.constant(from, [3], data);
    const conversion = new WeightConversion(folder);
    const converted = conversion.convert(source, 'f16', 'weights');
    expect(await conversion.run()).toEqual([]);
    const expected = { f64: [0.5, -3, 65000], f8e4m3: [0.5, -3, 448], f8e5m2: [0.5, -3, 57344] };
    expect([...(await valuesOf(converted))[0]!]).toEqual(
      expected[from].map((value) => (value === 65000 ? 64992 : value)),
    );
  });

  it('leave no file behind, and none to be seen', async () => {
    const conversion = new WeightConversion(folder);
    conversion.convert(graph.constant('f32', [4], new Float32Array(4)), 'f16', 'weights');
    expect(await readdir(folder)).toEqual([]);
    await conversion.run();
    expect(await readdir(folder)).toEqual([]);
  });

  it('are refused when there is nothing to convert, or nowhere to put it', () => {
    const conversion = new WeightConversion(folder);
    const parameter = graph.parameter('f32', [4], 'x');
    expect(() => conversion.convert(parameter, 'f16', 'x')).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
    expect(() => new WeightConversion(join(folder, 'nowhere'))).toThrow(
      expect.objectContaining({ code: 'SAVE_FAILED' }),
    );
  });

  it('take nothing more once they are computed', async () => {
    const conversion = new WeightConversion(folder);
    await conversion.run();
    expect(() => conversion.convert(graph.constant('f32', [1], new Float32Array(1)), 'f16', 'x')).toThrow(
      expect.objectContaining({ code: 'DISPOSED' }),
    );
    await expect(conversion.run()).rejects.toMatchObject({ code: 'DISPOSED' });
  });
});

describe('quantized weights', () => {
  it('are the nearest of 127 steps to either side, by output channel', async () => {
    const rows = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e4, max: 1e4 }), {
      minLength: 5,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(rows, { minLength: 1, maxLength: 4 }), async (matrix) => {
        const data = Float32Array.from(matrix.flat());
        const conversion = new WeightConversion(folder);
        const source = graph.constant('f32', [matrix.length, 5], data);
        const [integers, scales] = conversion.quantize(source, 'weights');
        expect([integers.elementType, integers.shape]).toEqual(['i8', [matrix.length, 5]]);
        expect([scales.elementType, scales.shape]).toEqual(['f32', [matrix.length, 1]]);
        await conversion.run();
        const [steps, sizes] = await valuesOf(integers, scales);
        matrix.forEach((row, channel) => {
          const largest = Math.max(...row.map(Math.abs));
          const scale = Math.max(Math.fround(largest / 127), 2 ** -126);
          expect(sizes![channel]).toBe(scale);
          row.forEach((weight, i) => {
            const step = steps![channel * 5 + i]!;
            expect(Math.abs(step)).toBeLessThanOrEqual(127);
            expect(Math.abs(weight / scale - step)).toBeLessThanOrEqual(0.5 + 1e-4);
          });
        });
      }),
      { numRuns: 20 },
    );
  });

  it.each([NaN, Infinity, -Infinity])(
    'are refused by the name of the tensor that holds %d',
    async (value) => {
      const conversion = new WeightConversion(folder);
      const data = Float32Array.of(1, 2, value, -1);
      conversion.quantize(graph.constant('f32', [2, 2], data), 'down_blocks.0.weight');
      await expect(conversion.run()).rejects.toMatchObject({
        code: 'MODEL_CORRUPT',
        message: expect.stringContaining('down_blocks.0.weight') as string,
      });
    },
  );
});
