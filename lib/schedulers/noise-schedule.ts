import { linspaceF32 } from './numeric.js';

/** The keys of a configuration that say how noise was mixed in during training. */
export interface NoiseConfig {
  numTrainTimesteps: number;
  betaStart: number;
  betaEnd: number;
  betaSchedule: 'linear' | 'scaled_linear' | 'squaredcos_cap_v2';
  trainedBetas: readonly number[] | null;
  rescaleBetasZeroSnr?: boolean | undefined;
}

const { fround } = Math;

/**
 * ᾱ, the share of the picture's variance left at each training timestep; float32 as torch computes it.
 *
 * @returns shape [numTrainTimesteps], falling
 */
export function alphasCumprod(config: NoiseConfig): Float32Array {
  const betas = config.rescaleBetasZeroSnr ? zeroTerminalSnr(trainingBetas(config)) : trainingBetas(config);
  return cumulativeProduct(betas.map((beta) => 1 - beta));
}

/**
 * σ = √((1 − ᾱ) / ᾱ), noise in units of a picture's scale, at each training timestep.
 *
 * @returns shape [numTrainTimesteps], rising
 */
export function trainingSigmas(config: NoiseConfig): Float32Array {
  const alphas = alphasCumprod(config);
  // ᾱ = 0 would make σ infinite; diffusers takes float16's smallest number instead.
  if (config.rescaleBetasZeroSnr) alphas[alphas.length - 1] = 2 ** -24;
  return alphas.map((alpha) => Math.sqrt(fround(fround(1 - alpha) / alpha)));
}

function trainingBetas({
  trainedBetas,
  betaSchedule,
  betaStart,
  betaEnd,
  numTrainTimesteps,
}: NoiseConfig): Float32Array {
  if (trainedBetas) return Float32Array.from(trainedBetas);
  switch (betaSchedule) {
    case 'linear':
      return linspaceF32(betaStart, betaEnd, numTrainTimesteps);
    case 'scaled_linear':
      return linspaceF32(Math.sqrt(betaStart), Math.sqrt(betaEnd), numTrainTimesteps).map(
        (root) => root * root,
      );
    case 'squaredcos_cap_v2':
      return cosineBetas(numTrainTimesteps);
  }
}

/** Improved DDPM's cosine schedule (https://arxiv.org/abs/2102.09672), betas at most 0.999. */
function cosineBetas(count: number): Float32Array {
  const alphaBar = (t: number): number => Math.cos((((t + 0.008) / 1.008) * Math.PI) / 2) ** 2;
  return Float32Array.from({ length: count }, (_, i) =>
    Math.min(1 - alphaBar((i + 1) / count) / alphaBar(i / count), 0.999),
  );
}

/** Betas whose last step leaves nothing of the picture (https://arxiv.org/abs/2305.08891, algorithm 1). */
function zeroTerminalSnr(betas: Float32Array): Float32Array {
  const roots = cumulativeProduct(betas.map((beta) => 1 - beta)).map(Math.sqrt);
  const first = roots[0]!;
  const last = roots[roots.length - 1]!;
  const scale = fround(first / fround(first - last));
  const bars = roots.map((root) => fround(fround(root - last) * scale) ** 2);
  return bars.map((bar, i) => 1 - (i === 0 ? bar : fround(bar / bars[i - 1]!)));
}

/** torch multiplies in float64 and rounds each result. */
function cumulativeProduct(values: Float32Array): Float32Array {
  let product = 1;
  return values.map((value) => (product *= value));
}
