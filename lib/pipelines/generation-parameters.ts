import { basename, resolve } from 'node:path';

import type { GenerationParameters } from '../image/index.js';
import type { Scheduler } from '../schedulers/index.js';
import { version } from '../common/version.js';
import type { Seed } from '../random/index.js';
import type { GenerateRequest } from './request.js';

/** For a request, what to write of its n-th picture. */
export function generationParameters(
  request: GenerateRequest,
  scheduler: Scheduler,
  modelFolder: string,
): (image: number, seed: Seed | undefined) => GenerationParameters {
  const { width, height, numInferenceSteps, guidanceScale, numImagesPerPrompt } = request;
  return (image, seed) => {
    const row = Math.floor(image / numImagesPerPrompt);
    return {
      prompt: request.prompts[row]!,
      negativePrompt: request.negativePrompts?.[row] ?? '',
      numInferenceSteps,
      guidanceScale,
      scheduler: scheduler.className,
      ...(seed !== undefined && { seed }),
      width,
      height,
      model: basename(resolve(modelFolder)),
      version,
    };
  };
}
