import type { ScaleFactor } from './component-export.js';
import { schedulerConfigIn } from './model-folder.js';

/** What VAEs of Stable Diffusion 1.x and 2.x divide activations by in f16, as optimum-intel chooses it. */
export function scaleFactorFor(predictionType: unknown): string | undefined {
  return predictionType === 'v_prediction' ? '8.0' : undefined;
}

/** What those of Stable Diffusion XL divide them by. */
export function xlScaleFactor(forceUpcast: boolean): string | undefined {
  return forceUpcast ? '128.0' : undefined;
}

/** As optimum-intel chooses it: the VAEs of SDXL and of v-prediction models leave the range of f16. */
export async function scaleFactorIn(folder: string, isXl: boolean): Promise<ScaleFactor> {
  if (isXl) return ({ forceUpcast }) => xlScaleFactor(forceUpcast);
  // A scheduler that is missing or broken is reported by whoever needs it.
  const { prediction_type: type } = await schedulerConfigIn(folder).catch(() => ({
    prediction_type: undefined,
  }));
  return () => scaleFactorFor(type);
}
