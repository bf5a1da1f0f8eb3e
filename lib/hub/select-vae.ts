import { ModelLoadError } from '../common/errors.js';
import { COMPONENTS } from '../models/index.js';
import { configsIn, filesIn, type Repository } from './repository.js';
import { networkFiles } from './select-files.js';
import { selectVaeWeights } from './select-weights.js';

/**
 * The files of a VAE in a repository: of a model, or the VAE's own, without model_index.json. Weights come before
 * OpenVINO's networks, where there are both, as in a folder.
 *
 * @returns its config.json first
 * @throws ModelLoadError `MODEL_NOT_FOUND` for a repository without a VAE, or naming the variants there are;
 * `UNSUPPORTED` where there are only pickles
 */
export function selectVae(
  { id, paths }: Pick<Repository, 'id' | 'paths'>,
  variant: string | undefined,
): string[] {
  const repository = { id, paths, index: {} };
  const folder = ['vae', ''].find((candidate) =>
    filesIn(repository, candidate).some((file) => file.startsWith(COMPONENTS.vae.weights)),
  );
  if (folder !== undefined) return selectVaeWeights(repository, folder, variant);

  const decoder = networkFiles(repository, 'vae_decoder');
  if (decoder.length > 0) {
    const encoder = networkFiles(repository, 'vae_encoder');
    const configs = ['vae_decoder', 'vae_encoder'].flatMap((name) => configsIn(repository, name));
    return [...configs, ...decoder, ...encoder];
  }
  throw new ModelLoadError(
    'MODEL_NOT_FOUND',
    `${id} has no VAE in diffusers' layout: neither ${COMPONENTS.vae.weights}.safetensors beside a config.json or in a ` +
      `folder vae, nor a network in a folder vae_decoder. Download a single file yourself, and pass its path`,
  );
}
