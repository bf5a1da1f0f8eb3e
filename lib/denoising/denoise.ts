import type { UNetSession } from '../components/index.js';
import type { Scheduler } from '../schedulers/index.js';

/** What the loop tells after each step. */
export interface StepInfo {
  /** From 1 to `steps`. */
  step: number;
  steps: number;
  timestep: number;
  /** Shape [images, 4, height / 8, width / 8], flattened; yours to keep. */
  latents: Float32Array;
  /** Mean over the steps so far. */
  secondsPerStep: number;
}

/** Called after each step; awaited; 'stop' ends the loop with the latents as they are. */
export type OnStep = (info: StepInfo) => unknown;

export interface DenoiseOptions {
  session: UNetSession;
  /** With its timesteps set. */
  scheduler: Scheduler;
  /** Noise, already scaled by `scheduler.initNoiseSigma`. */
  latents: Float32Array;
  /** Pictures in the batch. */
  images: number;
  /** Above 1 the session's batch holds the unconditional rows first, then the conditional ones. */
  guidanceScale: number;
  eta: number;
  noise: () => Float32Array;
  signal: AbortSignal | undefined;
  onStep: OnStep | undefined;
}

export interface Denoised {
  latents: Float32Array;
  /** Whether `onStep` ended the loop before the last step. */
  stopped: boolean;
  secondsPerStep: number;
}

/** The loop: predict, guide, step. All pipelines share it. */
export async function denoise(options: DenoiseOptions): Promise<Denoised> {
  const { session, scheduler, images, guidanceScale, eta, noise, signal, onStep } = options;
  const { timesteps } = scheduler;
  let { latents } = options;
  const start = performance.now();
  let secondsPerStep = 0;
  try {
    for (const [index, timestep] of timesteps.entries()) {
      signal?.throwIfAborted();
      const input = scheduler.scaleModelInput(latents, timestep);
      for (let at = 0; at < session.sample.length; at += input.length) session.sample.set(input, at);

      const predicted = await session.predict(timestep);
      // A copy in any case: the prediction is only lent, and schedulers keep some.
      const prediction = guidanceScale > 1 ? guide(predicted, guidanceScale) : predicted.slice();
      latents = scheduler.step(prediction, timestep, latents, { eta, noise, batchSize: images }).prevSample;

      const step = index + 1;
      secondsPerStep = (performance.now() - start) / 1000 / step;
      if (!onStep) continue;
      const info = { step, steps: timesteps.length, timestep, latents: latents.slice(), secondsPerStep };
      if ((await onStep(info)) === 'stop')
        return { latents, stopped: step < timesteps.length, secondsPerStep };
    }
    return { latents, stopped: false, secondsPerStep };
  } finally {
    session.release();
  }
}

/**
 * Classifier-free guidance (Ho & Salimans, https://arxiv.org/abs/2207.12598), rounded as torch rounds it.
 *
 * @param predicted - unconditional half first
 */
function guide(predicted: Float32Array, scale: number): Float32Array {
  const half = predicted.length / 2;
  const weight = Math.fround(scale);
  const guided = new Float32Array(half);
  for (let i = 0; i < half; i++) {
    const unconditional = predicted[i]!;
    const difference = Math.fround(predicted[half + i]! - unconditional);
    guided[i] = unconditional + Math.fround(weight * difference);
  }
  return guided;
}
