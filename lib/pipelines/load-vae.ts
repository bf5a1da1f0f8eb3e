import { join } from 'node:path';

import { locateVae } from '../hub/index.js';
import { VaeDecoder, type CompileSettings } from '../components/index.js';
import { checkVaeConfig, openVae, tinyVaeSource, type ReplacementVae } from '../models/index.js';
import type { LatentDiffusionComponents } from './load-components.js';
import type { PipelineOptions } from './pipeline-options.js';

/**
 * Locates and checks the VAE that replaces the model's own; its weights are downloaded here.
 *
 * @returns undefined where none is asked for
 * @throws ModelLoadError, HubError, SaveError; the signal's reason
 */
export async function loadVae(options: PipelineOptions): Promise<ReplacementVae | undefined> {
  const { vae, weightFormat, variant, token, hubCacheDir, localFilesOnly, signal, onProgress } = options;
  if (vae === undefined) return undefined;
  const path = await locateVae(
    vae,
    {
      variant,
      token,
      hubCacheDir,
      localFilesOnly,
      signal,
      onProgress: (progress) => onProgress?.({ phase: 'download', ...progress }),
    },
    (folder, file) => checkVaeConfig(join(folder, file)),
  );
  return openVae(path, { weightFormat, variant });
}

/**
 * Locates and checks the VAE that decodes previews, in the precision it is stored in.
 *
 * @returns undefined where none is asked for
 * @throws ModelLoadError, HubError, SaveError; the signal's reason
 */
export async function loadTinyVae(options: PipelineOptions): Promise<ReplacementVae | undefined> {
  return loadVae({ ...options, vae: options.tinyVae, weightFormat: undefined, variant: undefined });
}

/**
 * Reads the decoder of previews, which is compiled when the first is made.
 *
 * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` where its latents are not the model's
 */
export async function readTinyVae(
  vae: ReplacementVae,
  { vaeDecoder }: LatentDiffusionComponents,
  settings: CompileSettings,
  scratchDir: string | undefined,
): Promise<VaeDecoder> {
  const { latentChannels, config } = vaeDecoder;
  const fit = { latentChannels, scaleFactor: config.vaeScaleFactor };
  return VaeDecoder.read(tinyVaeSource(vae, fit, scratchDir), settings);
}
