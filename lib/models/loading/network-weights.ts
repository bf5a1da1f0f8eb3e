import { join } from 'node:path';

import { readNetworkConfig } from '../definitions/network-config.js';
import type { WeightsName } from '../layout.js';
import { findWeights } from '../weights/files.js';
import type { WeightFormat } from '../weights/formats.js';
import type { NetworkWeights } from './component-export.js';

/**
 * A network's configuration and weights in a folder of its own.
 *
 * @param name - of its weights, without ending
 * @throws ModelLoadError `MODEL_NOT_FOUND`, `CONFIG_INVALID`, `UNSUPPORTED`
 */
export async function networkWeights(
  folder: string,
  name: WeightsName,
  options: { weightFormat: WeightFormat; variant?: string | undefined },
): Promise<NetworkWeights & { variant: string | undefined }> {
  const config = await readNetworkConfig(join(folder, 'config.json'));
  const { files, variant } = await findWeights(folder, name, options.variant);
  return { config, weights: { files, format: options.weightFormat }, variant };
}
