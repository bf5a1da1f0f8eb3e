import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { asSaveError } from '../../common/save-error.js';
import type { ModelLoadError } from '../../common/errors.js';
import { warn } from '../../common/warnings.js';
import { isNamed, type ModelIndex } from '../layout.js';
import type { NetworkSource } from '../network-source.js';
import { copyWeights } from '../weights/copy.js';
import { safetyCheckerExport } from './component-export.js';
import { exportSource } from './export-source.js';
import { networkWeights } from './network-weights.js';

/**
 * The safety checker of a folder in OpenVINO's layout as optimum-intel writes it: weights, not a network. It is saved
 * as it is.
 *
 * @throws ModelLoadError `MODEL_NOT_FOUND`, `CONFIG_INVALID`, `UNSUPPORTED`
 */
export async function safetyCheckerSource(folder: string): Promise<NetworkSource> {
  const own = join(folder, 'safety_checker');
  const source = await networkWeights(own, 'model', { weightFormat: 'stored' });
  return {
    ...exportSource(safetyCheckerExport(source), folder),
    save: (to, target) =>
      asSaveError(target, async () => {
        await mkdir(to);
        await copyFile(join(own, 'config.json'), join(to, 'config.json'));
        await copyWeights(source.weights.files, to);
      }),
  };
}

export function warnMissingSafetyChecker(folder: string, error: ModelLoadError): void {
  warn(
    'COMPONENT_MISSING',
    `The model_index.json of ${folder} names a safety checker that cannot be loaded, so the model is used without it. ` +
      `Pass 'safetyChecker: null' if that is intended. ${error.message}`,
  );
}

/** An index that names no safety checker, as diffusers writes it for a pipeline without one. */
export function withoutSafetyChecker(index: ModelIndex): ModelIndex {
  return isNamed(index, 'safety_checker') ? { ...index, safety_checker: [null, null] } : index;
}
