import { ModelLoadError } from '../../common/errors.js';
import { warn } from '../../common/warnings.js';
import type { NetworkConfig } from '../definitions/network-config.js';

/** Weights that were found in a folder. */
export interface VariantWeights {
  readonly config: NetworkConfig;
  /** Which variant they are; not the one asked for where there are none of it. */
  readonly variant: string | undefined;
}

/**
 * As in diffusers, a component without the variant is taken without it, but not all of them.
 *
 * @throws ModelLoadError `MODEL_NOT_FOUND` where no component has the variant
 */
export function checkVariant(
  folder: string,
  variant: string | undefined,
  found: readonly VariantWeights[],
): void {
  if (variant === undefined) return;
  const without = found.filter((weights) => weights.variant !== variant);
  if (without.length === 0) return;
  if (without.length === found.length) {
    throw new ModelLoadError(
      'MODEL_NOT_FOUND',
      `No component of ${folder} has weights of the variant '${variant}'`,
    );
  }
  const paths = without.map(({ config }) => config.path).join(', ');
  warn(
    'VARIANT_FALLBACK',
    `Weights without a variant are used where there are none of '${variant}': ${paths}`,
  );
}
