import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

import { checkConfig, readConfigFile } from '../../common/config-file.js';
import { ModelLoadError } from '../../common/errors.js';

/** Larger sizes are no network's, and would only cost memory before its weights are found not to fit. */
export const width = z
  .int()
  .min(1)
  .max(1 << 20);
export const layerCount = z.int().min(0).max(256);

/** Fields whose other values, all legitimate elsewhere, this package does not implement. */
export type SupportedValues = Readonly<Record<string, readonly unknown[]>>;

/** What a network's configuration says, unchecked, and where it was read. */
export interface NetworkConfig {
  readonly path: string;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** @throws ModelLoadError `MODEL_NOT_FOUND`, `CONFIG_INVALID` */
export async function readNetworkConfig(path: string): Promise<NetworkConfig> {
  return { path, raw: await readConfigFile(path, z.looseObject({})) };
}

/** Fields in which null has a meaning of its own; in all others it stands for the default. */
const MEANINGFUL_NULLS = ['mid_block_type', 'norm_num_groups'];

/** Fields that may have a list with a value for each block. */
const PER_BLOCK = ['only_cross_attention'];

/** Fields without those that are null where null stands for the default. */
export function withoutNulls(raw: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(raw).filter(([name, value]) => value !== null || MEANINGFUL_NULLS.includes(name)),
  );
}

/**
 * Checks the configuration that a network is built from.
 *
 * @param supported - the values supported of fields that have more; a field that is absent is fine
 * @throws ModelLoadError `UNSUPPORTED` naming every field that asks for something else; `CONFIG_INVALID`
 */
export function checkNetworkConfig<T extends z.ZodType>(
  { path, raw }: NetworkConfig,
  schema: T,
  supported: SupportedValues = {},
): z.output<T> {
  const given = withoutNulls(raw);
  refuseOtherValues(path, given, supported);
  return checkConfig(path, given, schema);
}

/** @throws ModelLoadError `UNSUPPORTED` */
function refuseOtherValues(
  path: string,
  config: Readonly<Record<string, unknown>>,
  supported: SupportedValues,
): void {
  const isSupported = (value: unknown, values: readonly unknown[]): boolean =>
    values.some((known) => isDeepStrictEqual(known, value));
  const refused = Object.entries(supported)
    .filter(([name, values]) => {
      const value = config[name];
      const given = PER_BLOCK.includes(name) && Array.isArray(value) ? (value as unknown[]) : [value];
      return value !== undefined && !given.every((one) => isSupported(one, values));
    })
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
