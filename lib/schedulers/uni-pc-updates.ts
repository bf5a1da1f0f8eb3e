import type { NoiseLevel } from './dpm-solver-updates.js';
import { solveLinearSystem } from './linear-system.js';
import { weightedSum, type Term } from './weighted-sum.js';

/** The input of an update of UniPC. */
export interface UniPCUpdate {
  /** Whether predictions are of the image, else of the noise. */
  predictX0: boolean;
  /** The function B(h) that the update is built on: h, or e^h − 1. */
  solverType: 'bh1' | 'bh2';
  /** x at the newest of `levels`. */
  sample: Float32Array;
  /** Converted predictions, newest first; their number is the order of the update. */
  outputs: readonly Float32Array[];
  /** The noise levels of `outputs`, newest first. */
  levels: readonly NoiseLevel[];
  /** The noise level to go to. */
  target: NoiseLevel;
}

/**
 * UniP (Zhao et al., https://arxiv.org/abs/2302.04867, algorithm 2): a step to the target from predictions before it.
 *
 * @returns x at the target level
 */
export function predictorUpdate(update: UniPCUpdate): Float32Array {
  const { rows, b, ...equations } = equationsOf(update);
  const order = update.outputs.length;
  // The second order is simplified, as in diffusers.
  const weights =
    order === 2
      ? [0.5]
      : solveLinearSystem(
          rows.slice(0, -1).map((row) => row.slice(0, -1)),
          b.slice(0, -1),
        );
  return combine(update, equations, weights, undefined);
}

/**
 * UniC (algorithm 1): the same step again with the prediction at the target, which raises the order by one.
 *
 * @param output - the converted prediction at the target
 * @returns x at the target level
 */
export function correctorUpdate(update: UniPCUpdate, output: Float32Array): Float32Array {
  const { rows, b, ...equations } = equationsOf(update);
  const weights = update.outputs.length === 1 ? [0.5] : solveLinearSystem(rows, b);
  return combine(update, equations, weights, output);
}

interface Step {
  /** e^h − 1, the integral of the newest prediction. */
  phi: number;
  /** B(h). */
  scale: number;
  /** Distances to the earlier levels, in steps. */
  ratios: number[];
}

interface Equations extends Step {
  /** The conditions of order on the weights of differences: powers of the ratios, and the values they must have. */
  rows: number[][];
  b: number[];
}

function equationsOf({ predictX0, solverType, levels, target }: UniPCUpdate): Equations {
  const [newest, ...earlier] = levels as [NoiseLevel, ...NoiseLevel[]];
  const step = target.lambda - newest.lambda;
  const ratios = earlier.map(({ lambda }) => (lambda - newest.lambda) / step);
  const h = predictX0 ? -step : step;
  const phi = Math.expm1(h);
  const scale = solverType === 'bh1' ? h : phi;

  const rows: number[][] = [];
  const b: number[] = [];
  let [phiK, factorial] = [phi / h - 1, 1];
  for (let i = 1; i <= levels.length; i++) {
    rows.push([...ratios, 1].map((ratio) => ratio ** (i - 1)));
    b.push((phiK * factorial) / scale);
    factorial *= i + 1;
    phiK = phiK / h - 1 / factorial;
  }
  return { phi, scale, ratios, rows, b };
}

/** @param weights - of the differences to the earlier predictions, then of that to the corrector's */
function combine(
  { predictX0, sample, outputs, levels, target }: UniPCUpdate,
  { phi, scale, ratios }: Step,
  weights: readonly number[],
  corrector: Float32Array | undefined,
): Float32Array {
  const [newest, ...earlier] = outputs as [Float32Array, ...Float32Array[]];
  const from = levels[0]!;
  const factor = predictX0 ? target.alpha : target.sigma;
  const differences = earlier.map((output, i): Term => [
    (-factor * scale * weights[i]!) / ratios[i]!,
    output,
  ]);
  if (corrector) differences.push([-factor * scale * weights.at(-1)!, corrector]);
  const ofNewest = differences.reduce((sum, [weight]) => sum - weight, -factor * phi);
  return weightedSum(
    [predictX0 ? target.sigma / from.sigma : target.alpha / from.alpha, sample],
    [ofNewest, newest],
    ...differences,
  );
}
