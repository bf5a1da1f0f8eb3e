/**
 * Multiplies the states of each token by its weight, and all of them so that their mean is what it was: the web UI's
 * "Original" emphasis.
 *
 * @param states - shape [tokens, width]; changed
 * @param weights - shape [tokens]
 * @see https://github.com/AUTOMATIC1111/stable-diffusion-webui/blob/v1.10.1/modules/sd_emphasis.py
 */
export function emphasize(states: Float32Array, weights: Float32Array): void {
  const width = states.length / weights.length;
  const before = mean(states);
  for (let i = 0; i < states.length; i++) states[i]! *= weights[Math.floor(i / width)]!;
  const after = mean(states);
  const factor = Math.fround(before / after);
  if (!Number.isFinite(factor)) return;
  for (let i = 0; i < states.length; i++) states[i]! *= factor;
}

function mean(values: Float32Array): number {
  return Math.fround(values.reduce((sum, value) => sum + value, 0) / values.length);
}
