import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

import { checkConfig, readConfigFile } from '../../common/config-file.js';
import { ModelLoadError } from '../../common/errors.js';

/** Sizes beyond these are no network's, and would only cost memory before its weights are found not to fit. */
export const width = z
  .int()
  .min(1)
  .max(1 << 20);
export const layerCount = z.int().min(0).max(256);

/** Fields whose other values, all legitimate elsewhere, this package does not implement. */
export type SupportedValues = Readonly<Record<string, readonly unknown[]>>;

/** What a network's configuration says, unchecked, and where it does. */
export interface NetworkConfig {
  readonly path: string;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** @throws ModelLoadError `MODEL_NOT_FOUND`, `CONFIG_INVALID` */
export async function readNetworkConfig(path: string): Promise<NetworkConfig> {
  return { path, raw: await readConfigFile(path, z.looseObject({})) };
}

/**
 * What a network is built after.
 *
 * @param supported - for fields of which only some values are: those; a field that is absent is fine
 * @throws ModelLoadError `UNSUPPORTED` naming every field that asks for something else; `CONFIG_INVALID`
 */
export function checkNetworkConfig<T extends z.ZodType>(
  { path, raw }: NetworkConfig,
  schema: T,
  supported: SupportedValues = {},
): z.output<T> {
  refuseOtherValues(path, raw, supported);
  return checkConfig(path, raw, schema);
}

/** @throws ModelLoadError `UNSUPPORTED` */
function refuseOtherValues(
  path: string,
  config: Readonly<Record<string, unknown>>,
  supported: SupportedValues,
): void {
  const refused = Object.entries(supported)
    .filter(
      ([name, values]) =>
        config[name] !== undefined && !values.some((v) => isDeepStrictEqual(v, config[name])),
    )
    .map(([name, values]) => {
      const known = values.map((value) => JSON.stringify(value)).join(' or ');
      return `${name} is ${shorten(JSON.stringify(config[name]))}, supported is ${known}`;
    });
  if (refused.length === 0) return;
  throw new ModelLoadError('UNSUPPORTED', `${path} asks for what is not supported: ${refused.join('; ')}`);
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
