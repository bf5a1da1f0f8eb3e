import { join } from 'node:path';

import { z } from 'zod';

import { readConfigFile } from '../common/config-file.js';
import { InvalidArgumentError } from '../common/errors.js';

const schema = z.object({ block_out_channels: z.array(z.number()).min(1).max(16) });

/** Pixels per latent in the folder of a model or VAE; undefined where it is known only once that is loaded. */
export async function vaeScaleFactorOf(folder: string): Promise<number | undefined> {
  for (const name of ['vae_decoder', 'vae', '']) {
    const config = await readConfigFile(join(folder, name, 'config.json'), schema).catch(() => undefined);
    if (config) return 2 ** (config.block_out_channels.length - 1);
  }
  return undefined;
}

/** @throws InvalidArgumentError for a size that is no multiple of the factor */
export function requireMultiple({ width, height }: { width: number; height: number }, factor: number): void {
  if (width % factor === 0 && height % factor === 0) return;
  const near = (value: number): number => Math.max(factor, Math.round(value / factor) * factor);
  throw new InvalidArgumentError(
    `Expected a width and height that are multiples of ${factor}, but received ${width}x${height}; ` +
      `near it is ${near(width)}x${near(height)}`,
  );
}
