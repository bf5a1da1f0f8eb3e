import { ModelLoadError } from '../../../common/errors.js';
import type { NetworkSource } from '../../network-source.js';
import { exportSource } from '../export-source.js';
import type { ReplacementVae } from './replacement-vae.js';

/** What a second decoder's latents and images have to agree with. */
export interface LatentFit {
  readonly latentChannels: number;
  /** Pixels a latent, in each direction. */
  readonly scaleFactor: number;
}

/**
 * The decoder of a VAE that is loaded beside a model's own.
 *
 * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` where its latents are not the model's
 */
export function tinyVaeSource(vae: ReplacementVae, fit: LatentFit, scratchDir?: string): NetworkSource {
  const { latentChannels, scaleFactor, path } = vae;
  if (latentChannels !== fit.latentChannels || scaleFactor !== fit.scaleFactor) {
    throw new ModelLoadError(
      'INCOMPATIBLE_COMPONENTS',
      `Expected a tinyVae of ${fit.latentChannels} latent channels and ${fit.scaleFactor} pixels a latent, as the model's ` +
        `own VAE has, but ${path} has ${latentChannels} and ${scaleFactor}`,
    );
  }
  const decoder = vae.components(() => undefined).find(({ name }) => name === 'vae_decoder');
  if (decoder) return exportSource(decoder, path, scratchDir);
  throw new ModelLoadError('MODEL_NOT_FOUND', `There is no decoder in ${path} (option 'tinyVae')`);
}
