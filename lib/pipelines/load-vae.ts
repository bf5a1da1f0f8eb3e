import { join } from 'node:path';

import { locateVae } from '../hub/index.js';
import { checkVaeConfig, openVae, type ReplacementVae } from '../models/index.js';
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
