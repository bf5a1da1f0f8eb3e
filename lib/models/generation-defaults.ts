import { z } from 'zod';

import { ModelLoadError } from '../common/errors.js';
import type { ModelIndex } from './layout.js';

/** What `generate` uses where its options say nothing. */
export interface GenerationDefaults {
  /** Denoising steps, 1 to 1000. */
  numInferenceSteps?: number | undefined;
  /** Guidance scale; at 1 or below there is no classifier-free guidance. */
  guidanceScale?: number | undefined;
  /** η of DDIM or γ of TCD, 0 to 1. */
  eta?: number | undefined;
}

/** Under this key of model_index.json a saved model has its defaults; diffusers skips keys that begin with '_'. */
const KEY = '_openvino_diffusers';

const schema = z.object({
  num_inference_steps: z.int().min(1).max(1000).optional(),
  guidance_scale: z.number().min(-100).max(1000).optional(),
  eta: z.number().min(0).max(1).optional(),
});
const section = z.looseObject({ generation_defaults: schema.optional() });

/**
 * The generation defaults that a model was saved with.
 *
 * @param path - of the model, for the message
 * @throws ModelLoadError `CONFIG_INVALID`
 */
export function savedGenerationDefaults(index: ModelIndex, path: string): GenerationDefaults | undefined {
  if (index[KEY] === undefined) return undefined;
  const { success, data, error } = section.safeParse(index[KEY]);
  if (success) {
    const saved = data.generation_defaults;
    return (
      saved && {
        numInferenceSteps: saved.num_inference_steps,
        guidanceScale: saved.guidance_scale,
        eta: saved.eta,
      }
    );
  }
  const [issue] = error.issues;
  throw new ModelLoadError(
    'CONFIG_INVALID',
    `${path} has a model_index.json with a wrong ${[KEY, ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? ''}`,
  );
}

/** An index with generation defaults, or as it is without any. */
export function withGenerationDefaults(index: ModelIndex, defaults: GenerationDefaults): ModelIndex {
  const { numInferenceSteps, guidanceScale, eta } = defaults;
  const given = Object.entries({
    num_inference_steps: numInferenceSteps,
    guidance_scale: guidanceScale,
    eta,
  }).filter(([, value]) => value !== undefined);
  if (given.length === 0) return index;
  return { ...index, [KEY]: { generation_defaults: Object.fromEntries(given) } };
}
