import { OpenVINODiffusersError } from '../common/errors.js';
import { OVStableDiffusionPipeline } from '../pipelines/index.js';
import { graph, sharedCore, Tensor } from '../runtime/index.js';
import { defaultModel } from './default-model.js';
import { REFERENCE_NETWORK, REFERENCE_SQUARES } from './self-test-reference.js';

/** What `doctor --self-test` found. */
export interface SelfTestReport {
  /** What was computed: an image where the model of shapes is installed, otherwise a small network. */
  kind: 'image' | 'network';
  passed: boolean;
  /** The largest difference from the reference, in levels of 255 for an image. */
  difference: number;
  /** Up to which difference it passes. */
  tolerance: number;
}

/**
 * In levels. f32 on other processors differs by less than 1; wrong kernels give noise, whose squares are off by tens.
 */
const IMAGE_TOLERANCE = 3;
/** In standard deviations of the network's values. */
const NETWORK_TOLERANCE = 0.01;

/**
 * Computes something whose result is known, in f32, so that a machine whose kernels are wrong is noticed.
 *
 * @param folder - of the model of shapes; without it, a small network is computed
 */
export async function selfTest(folder = installedModel()): Promise<SelfTestReport> {
  return !folder
    ? report('network', await computeNetwork(), REFERENCE_NETWORK, NETWORK_TOLERANCE)
    : report('image', await generateSquares(folder), REFERENCE_SQUARES, IMAGE_TOLERANCE);
}

function installedModel(): string | undefined {
  try {
    return defaultModel();
  } catch (error) {
    if (error instanceof OpenVINODiffusersError) return undefined;
    throw error;
  }
}

export function report(
  kind: SelfTestReport['kind'],
  found: readonly number[],
  reference: readonly number[],
  tolerance: number,
): SelfTestReport {
  const differences = reference.map((value, i) => Math.abs((found[i] ?? NaN) - value));
  const difference = Math.max(...differences); // NaN where any is
  return { kind, passed: difference <= tolerance, difference, tolerance };
}

const SQUARES = 8;

async function generateSquares(folder: string): Promise<number[]> {
  await using pipeline = await OVStableDiffusionPipeline.fromPretrained(folder, {
    ovConfig: { INFERENCE_PRECISION_HINT: 'f32' },
  });
  const { images } = await pipeline.generate('a red circle on a blue background', {
    numInferenceSteps: 4,
    seed: 3,
  });
  const [image] = images;
  if (!image) throw new Error('The pipeline has generated no image.');
  return meansOfSquares(image.data, image.width, image.height);
}

/** The mean of each channel in each of 8x8 squares, row by row. */
function meansOfSquares(data: Uint8Array, width: number, height: number): number[] {
  const sums = new Array<number>(SQUARES * SQUARES * 3).fill(0);
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / 3);
    const row = Math.floor((Math.floor(pixel / width) * SQUARES) / height);
    const column = Math.floor(((pixel % width) * SQUARES) / width);
    const square = (row * SQUARES + column) * 3 + (i % 3);
    sums[square] = (sums[square] ?? 0) + (data[i] ?? 0);
  }
  return sums.map((sum) => (sum * SQUARES * SQUARES) / (width * height));
}

/** A convolution, a group normalization, SiLU and a product of matrices: what pipelines spend their time in. */
async function computeNetwork(): Promise<number[]> {
  const constant = (shape: readonly number[], data = waves(shape)) => graph.constant('f32', shape, data);
  const x = graph.parameter('f32', [1, 8, 8, 8], 'x');
  const convolved = graph.node('Convolution', [x, constant([8, 8, 3, 3])], {
    strides: [1, 1],
    pads_begin: [1, 1],
    pads_end: [1, 1],
    dilations: [1, 1],
    auto_pad: 'explicit',
  });
  const normalized = graph.node(
    'GroupNormalization',
    [convolved, constant([8], new Float32Array(8).fill(1)), constant([8], new Float32Array(8))],
    { num_groups: 4, epsilon: 1e-5 },
  );
  const activated = graph.node('Swish', [normalized]);
  const y = graph.node('MatMul', [activated, constant([8, 8])], { transpose_a: false, transpose_b: false });
  const model = graph.model([x], [{ output: y, names: ['y'] }], 'self-test');
  const compiled = await sharedCore().compileModel(model, {
    properties: { INFERENCE_PRECISION_HINT: 'f32' },
  });
  const request = await compiled.createInferRequest();
  request.setInput('x', new Tensor('f32', [1, 8, 8, 8], waves([1, 8, 8, 8])));
  await request.infer();
  const { data } = request.getOutput('y');
  const values = Array.from(data).filter((_, i) => (i >> 3) % 4 === 0 && i % 4 === 0);
  await request.dispose();
  await compiled.dispose();
  return values;
}

/** Numbers that every language computes alike. */
function waves(shape: readonly number[]): Float32Array {
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i));
}
