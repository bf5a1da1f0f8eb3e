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
import { relativeError } from '../support/reference-case.js';

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

describe('kernels of upsamplers', () => {
  const spatial = { strides: [1, 1], dilations: [1, 1], pads_begin: [1, 1], pads_end: [1, 1] };

  /** What OpenVINO makes of two steps, and of the one they are summed into; x is [1, inputs, 3, 2]. */
  async function bothWays(kernels: GraphOutput, type: 'f32' | 'f16'): Promise<[Float32Array, Float32Array]> {
    const inputs = Number(kernels.shape?.[1]);
    const conversion = new WeightConversion(folder);
    const summed = conversion.upsampling(kernels, type, 'weights');
    expect([summed.elementType, summed.shape]).toEqual([type, [inputs, kernels.shape?.[0], 4, 4]]);
    expect(await conversion.run()).toEqual([]);
    const x = graph.parameter('f32', [1, inputs, 3, 2], 'x');
    const larger = graph.node(
      'Interpolate',
      [
        x,
        graph.constant('f32', [2], Float32Array.of(2, 2)),
        graph.constant('i64', [2], BigInt64Array.of(2n, 3n)),
      ],
      {
        mode: 'nearest',
        shape_calculation_mode: 'scales',
        nearest_mode: 'floor',
        coordinate_transformation_mode: 'asymmetric',
        pads_begin: [0],
        pads_end: [0],
      },
    );
    const inF32 = (constant: GraphOutput) => graph.node('Convert', [constant], { destination_type: 'f32' });
    const twoSteps = graph.node('Convolution', [larger, inF32(kernels)], {
      ...spatial,
      auto_pad: 'explicit',
    });
    const oneStep = graph.node('ConvolutionBackpropData', [x, inF32(summed)], {
      ...spatial,
      strides: [2, 2],
      output_padding: [0, 0],
      auto_pad: 'explicit',
    });
    using model = graph.model(
      [x],
      [
        { output: twoSteps, names: ['two'] },
        { output: oneStep, names: ['one'] },
      ],
      'both',
    );
    await using compiled = await sharedCore().compileModel(model, {
      properties: { INFERENCE_PRECISION_HINT: 'f32' },
    });
    await using request = await compiled.createInferRequest();
    const pixels = Float32Array.from({ length: inputs * 6 }, (_, i) => Math.cos(i * 3));
    request.setInput('x', new Tensor('f32', [1, inputs, 3, 2], pixels));
    await request.infer();
    return [request.getOutput('two').data.slice(), request.getOutput('one').data.slice()];
  }

  const waves = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * i));

  it.each([
    ['f32', 2, 3],
    ['f16', 3, 2],
    ['bf16', 1, 1],
    // More than are summed at a time.
    ['f16', 421, 419],
  ] as const)('of %s upsample as two steps do: %i of %i channels', async (type, outputs, inputs) => {
    const shape = [outputs, inputs, 3, 3];
    const source = graph.constant('f32', shape, waves(outputs * inputs * 9));
    const kernels =
      type === 'f32' ? source : graph.fold(graph.node('Convert', [source], { destination_type: type }));
    const [twoSteps, oneStep] = await bothWays(kernels, 'f32');
    expect(oneStep.length).toBe(outputs * 24);
    expect(relativeError(oneStep, twoSteps)).toBeLessThan(3e-6);
  });

  it('in f16 differ by one rounding', async () => {
    const [twoSteps, oneStep] = await bothWays(graph.constant('f32', [2, 2, 3, 3], waves(36)), 'f16');
    const error = relativeError(oneStep, twoSteps);
    expect(error).toBeGreaterThan(1e-6);
    expect(error).toBeLessThan(1e-3);
  });

  it('are named where a sum is beyond float16, though no tap is', async () => {
    const taps = new Float32Array(9).fill(40000);
    const conversion = new WeightConversion(folder);
    conversion.upsampling(graph.constant('f32', [1, 1, 3, 3], taps), 'f16', 'large');
    conversion.upsampling(graph.constant('f32', [1, 1, 3, 3], taps), 'f32', 'held');
    expect(await conversion.run()).toEqual(['large']);
  });

  it('are refused by name where a tap is not finite', async () => {
    const conversion = new WeightConversion(folder);
    const taps = new Float32Array(9);
    taps[4] = NaN;
    conversion.upsampling(graph.constant('f32', [1, 1, 3, 3], taps), 'f32', 'upsamplers.0.conv.weight');
    await expect(conversion.run()).rejects.toMatchObject({
      code: 'MODEL_CORRUPT',
      message: expect.stringContaining('upsamplers.0.conv.weight') as string,
    });
  });

  it.each([
    [[2, 2, 3, 4], 'f32', 'SHAPE_MISMATCH'],
    [[2, 2, 9], 'f32', 'SHAPE_MISMATCH'],
    [[2, 0, 3, 3], 'f32', 'SHAPE_MISMATCH'],
    [[2, 2, 3, 3], 'bf16', 'INVALID_ARGUMENT'],
  ] as const)('are none of %j in %s', (shape, type, code) => {
    const conversion = new WeightConversion(folder);
    const source = graph.constant('f32', shape, new Float32Array(shape.reduce<number>((a, b) => a * b, 1)));
    expect(() => conversion.upsampling(source, type as 'f32', 'x')).toThrow(
      expect.objectContaining({ code }),
    );
  });
});
