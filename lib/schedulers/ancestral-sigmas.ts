const { fround } = Math;

/** How a step between two noise levels divides into a deterministic one that goes further down and noise added after it. */
export interface AncestralSigmas {
  /** σ to step down to. */
  readonly down: number;
  /** Standard deviation of the noise to add then. */
  readonly up: number;
}

/** k-diffusion's get_ancestral_step with η = 1, in float32. */
export function ancestralSigmas(from: number, to: number): AncestralSigmas {
  const [fromSquared, toSquared] = [fround(from ** 2), fround(to ** 2)];
  const product = fround(toSquared * fround(fromSquared - toSquared));
  const up = fround(Math.sqrt(fround(product / fromSquared)));
  const down = fround(Math.sqrt(fround(toSquared - fround(up ** 2))));
  return { down, up };
}
