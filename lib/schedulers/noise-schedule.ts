import type { NoiseConfig } from './noise-config.js';
import { linspaceF32 } from './numeric.js';

/** A config that defines a noise schedule. */
export type NoiseScheduleConfig = Omit<NoiseConfig, 'betaSchedule'> & {
  betaSchedule: NoiseConfig['betaSchedule'] | 'exp' | 'laplace' | 'sigmoid';
  rescaleBetasZeroSnr?: boolean | undefined;
};

const { fround } = Math;

/**
 * ᾱ (diffusers: alphas_cumprod), the share of the image's variance left at each training timestep, in float32 as
 * torch computes it.
 *
 * @returns shape [numTrainTimesteps], descending
 */
export function alphasCumprod(config: NoiseScheduleConfig): Float32Array {
  const betas = config.rescaleBetasZeroSnr ? zeroTerminalSnr(trainingBetas(config)) : trainingBetas(config);
  return cumulativeProduct(betas.map((beta) => 1 - beta));
}

/**
 * σ = √((1 − ᾱ) / ᾱ), the noise level in units of the image's standard deviation, at each training timestep.
 *
 * @returns shape [numTrainTimesteps], ascending
 */
export function trainingSigmas(config: NoiseScheduleConfig): Float32Array {
  const sigmas = alphasCumprod(config).map((alpha) => Math.sqrt(fround(fround(1 - alpha) / alpha)));
  // ᾱ = 0 would make σ infinite; diffusers puts float16's smallest subnormal, 2⁻²⁴, in its place. √(2²⁴ − 1) is next
  // to the middle between two numbers of float32, and torch's square root rounds it up.
  if (config.rescaleBetasZeroSnr) sigmas[sigmas.length - 1] = 4096;
  return sigmas;
}

function trainingBetas({
  trainedBetas,
  betaSchedule,
  betaStart,
  betaEnd,
  numTrainTimesteps,
}: NoiseScheduleConfig): Float32Array {
  if (trainedBetas) return Float32Array.from(trainedBetas);
  switch (betaSchedule) {
    case 'linear':
      return linspaceF32(betaStart, betaEnd, numTrainTimesteps);
    case 'scaled_linear':
      return linspaceF32(Math.sqrt(betaStart), Math.sqrt(betaEnd), numTrainTimesteps).map(
        (root) => root * root,
      );
    case 'squaredcos_cap_v2':
      return betasOfAlphaBar(numTrainTimesteps, (t) => Math.cos((((t + 0.008) / 1.008) * Math.PI) / 2) ** 2);
    case 'exp':
      return betasOfAlphaBar(numTrainTimesteps, (t) => Math.exp(-12 * t));
    case 'laplace':
      return betasOfAlphaBar(numTrainTimesteps, laplaceAlphaBar);
    case 'sigmoid':
      return linspaceF32(-6, 6, numTrainTimesteps).map(
        (x) => fround(fround(1 / (1 + Math.exp(-x))) * fround(betaEnd - betaStart)) + fround(betaStart),
      );
  }
}

/** β, limited to 0.999, of a given ᾱ over time from 0 to 1; the cosine is that of Improved DDPM (https://arxiv.org/abs/2102.09672). */
function betasOfAlphaBar(count: number, alphaBar: (t: number) => number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) =>
    Math.min(1 - alphaBar((i + 1) / count) / alphaBar(i / count), 0.999),
  );
}

/** √(SNR / (1 + SNR)) as diffusers has it, log SNR being Laplace-distributed (https://arxiv.org/abs/2407.03297). */
function laplaceAlphaBar(t: number): number {
  const side = t > 0.5 ? -1 : 1;
  const snr = Math.exp(-0.5 * side * Math.log(1 - 2 * Math.abs(0.5 - t) + 1e-6));
  return Math.sqrt(snr / (1 + snr));
}

/** β rescaled so that the last timestep is pure noise (https://arxiv.org/abs/2305.08891, algorithm 1). */
function zeroTerminalSnr(betas: Float32Array): Float32Array {
  const roots = cumulativeProduct(betas.map((beta) => 1 - beta)).map(Math.sqrt);
  const first = roots[0]!;
  const last = roots[roots.length - 1]!;
  const scale = fround(first / fround(first - last));
  const bars = roots.map((root) => fround(fround(root - last) * scale) ** 2);
  return bars.map((bar, i) => 1 - (i === 0 ? bar : fround(bar / bars[i - 1]!)));
}

/** torch.cumprod, which multiplies in float64 and rounds each result to float32. */
function cumulativeProduct(values: Float32Array): Float32Array {
  let product = 1;
  return values.map((value) => (product *= value));
}
