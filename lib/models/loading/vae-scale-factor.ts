/** What VAEs of Stable Diffusion 1.x and 2.x divide activations by in f16, as optimum-intel chooses it. */
export function scaleFactorFor(predictionType: unknown): string | undefined {
  return predictionType === 'v_prediction' ? '8.0' : undefined;
}
