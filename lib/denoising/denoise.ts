import { setImmediate } from 'node:timers/promises';

import { raceAbort } from '../common/abort.js';
import { InferenceError } from '../common/errors.js';
import { areFinite } from '../common/finite.js';
import type { Scheduler } from '../schedulers/index.js';
import type { NoisePredictor } from './noise-predictor.js';
import { stepEnds } from './step-ends.js';

/** What the loop says of a step. */
export interface StepInfo {
  /** From 1 to `steps`. */
  step: number;
  /** Inference steps, as diffusers' progress bar counts them: each with all its calls of the UNet. */
  steps: number;
  /** Of the step's last call of the UNet. */
  timestep: number;
  /** Shape [images, 4, height / 8, width / 8], flattened; yours to keep. */
  latents: Float32Array;
  /** x_0, the image's latents as predicted at this step, of `latents`' shape; where the scheduler predicts them. */
  predOriginalSample?: Float32Array | undefined;
  /** Mean of the steps so far, the time inside `onStep` not included. */
  secondsPerStep: number;
}

/** Called after each step and awaited; 'stop' ends the loop with the latents as they are. */
export type OnStep = (step: StepInfo) => unknown;

export interface DenoiseOptions {
  predictor: NoisePredictor;
  /** With its timesteps set. */
  scheduler: Scheduler;
  /** Inference steps that the scheduler's timesteps are for. Default: one for each `scheduler.order` of them. */
  numInferenceSteps?: number;
  /** What the first step starts from: noise scaled by `scheduler.initNoiseSigma`, or a noised image. */
  latents: Float32Array;
  /** Images in the batch. */
  images: number;
  /** Index of the first timestep; above 0 for image to image. Default: 0. */
  firstIndex?: number;
  /** Index after the last timestep, for a model that hands over to a refiner. Default: all timesteps. */
  endIndex?: number | undefined;
  eta: number;
  noise: () => Float32Array;
  signal: AbortSignal | undefined;
  onStep: OnStep | undefined;
  /** Changes the latents after a step, before `onStep` sees them; inpainting puts back what is not masked. */
  afterStep?: (latents: Float32Array, index: number) => Float32Array;
}

export interface Denoised {
  latents: Float32Array;
  /** Whether `onStep` ended the loop before the last step. */
  stopped: boolean;
  secondsPerStep: number;
}

/**
 * The loop that all pipelines share: predict, then step.
 *
 * @throws InferenceError `NUMERICS` when a step gives NaN or infinity
 * @throws InvalidArgumentError for a scheduler whose `order` is not an integer from 1
 * @throws the signal's reason when aborted, also while `onStep` is awaited
 */
export async function denoise(options: DenoiseOptions): Promise<Denoised> {
  const {
    predictor,
    scheduler,
    images,
    firstIndex = 0,
    endIndex,
    eta,
    noise,
    signal,
    onStep,
    afterStep,
  } = options;
  const timesteps = scheduler.timesteps.slice(firstIndex, endIndex);
  const ends = stepEnds(timesteps.length, scheduler.order, warmupCalls(options));
  const steps = ends.filter(Boolean).length;
  let step = 0;
  let { latents } = options;
  let seconds = 0;
  let secondsPerStep = 0;
  try {
    for (const [place, timestep] of timesteps.entries()) {
      signal?.throwIfAborted();
      const start = performance.now();
      const index = firstIndex + place;
      const input = scheduler.scaleModelInput(latents, timestep);
      const prediction = await predictor.predict(input, timestep, index);
      // Predicting ends with arithmetic on the event loop too: others have their turn before the scheduler's.
      await setImmediate();
      const stepped = scheduler.step(prediction, timestep, latents, { eta, noise, batchSize: images });
      latents = stepped.prevSample;
      if (afterStep) latents = afterStep(latents, index);

      requireFinite(latents, step + 1, steps);
      seconds += (performance.now() - start) / 1000;
      if (!ends[place]) continue;
      secondsPerStep = seconds / ++step;
      if (!onStep) continue;
      const info: StepInfo = { step, steps, timestep, latents: latents.slice(), secondsPerStep };
      const { predOriginalSample } = stepped;
      if (predOriginalSample) info.predOriginalSample = predOriginalSample.slice();
      const answer = await raceAbort(Promise.resolve(onStep(info)), signal);
      if (answer === 'stop') return { latents, stopped: step < steps, secondsPerStep };
    }
    return { latents, stopped: false, secondsPerStep };
  } finally {
    predictor.release();
  }
}

/** Calls of the UNet beyond those of the inference steps; the same for a loop that begins at a later step. */
function warmupCalls({ scheduler, numInferenceSteps }: DenoiseOptions): number {
  if (numInferenceSteps === undefined) return 0;
  const { timesteps, order } = scheduler;
  return timesteps.length - numInferenceSteps * order;
}

/** One value that is not finite spreads over the whole image within a step. */
function requireFinite(latents: Float32Array, step: number, steps: number): void {
  if (areFinite(latents)) return;
  throw new InferenceError(
    'NUMERICS',
    `Step ${step} of ${steps} gave values that are not finite. The weights may be broken, the precision too low ` +
      `(try inferencePrecision 'f32') or the scheduler unfit for so many steps.`,
  );
}
