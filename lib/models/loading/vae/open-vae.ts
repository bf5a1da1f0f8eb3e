import { stat } from 'node:fs/promises';

import { ModelLoadError } from '../../../common/errors.js';
import { isPickle, pickleError } from '../../file-names.js';
import type { ReplacementVae, VaeOptions } from './replacement-vae.js';
import { openVaeFile } from './vae-file.js';
import { openVaeFolder } from './vae-folder.js';

/**
 * Opens a VAE on its own, as diffusers' `AutoencoderKL.from_pretrained` and `from_single_file` do: its folder, a model's
 * folder in diffusers' or OpenVINO's layout, or one .safetensors file, which may be a whole checkpoint.
 *
 * @throws ModelLoadError `MODEL_NOT_FOUND`, `CONFIG_INVALID`, `MODEL_CORRUPT`; `UNSUPPORTED` for a pickle and for other
 * classes than AutoencoderKL
 */
export async function openVae(path: string, options: VaeOptions): Promise<ReplacementVae> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return openVaeFolder(path, options);
  if (isPickle(path)) {
    throw pickleError(path, 'AutoencoderKL.from_single_file(file).save_pretrained(folder)');
  }
  if (found) return openVaeFile(path, options);
  throw new ModelLoadError('MODEL_NOT_FOUND', `There is no file or folder ${path} with a VAE (option 'vae')`);
}
