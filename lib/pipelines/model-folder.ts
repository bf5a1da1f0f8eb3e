import { join } from 'node:path';
import { z } from 'zod';

import type { ModelSource } from '../components/index.js';
import { readConfigFile } from '../config-file.js';
import { ModelLoadError } from '../errors.js';
import type { SaveExportOptions } from '../export/index.js';
import type { Scheduler } from '../schedulers/index.js';

/** A model on disk, in whichever layout: what a pipeline is loaded from and can be saved from again. */
export interface ModelFolder {
  readonly folder: string;
  readonly textEncoder: ModelSource;
  readonly unet: ModelSource;
  readonly vaeDecoder: ModelSource;
  /** Text to image needs none, and exports by optimum-intel before 1.9 have none. */
  readonly vaeEncoder: ModelSource | undefined;
  readonly unetConfig: UNetConfig;
  readonly vaeConfig: VaeConfig;
  /**
   * Writes the model in optimum-intel's layout, with this scheduler.
   *
   * @throws SaveError
   */
  save(target: string, scheduler: Scheduler, options: SaveExportOptions): Promise<void>;
}

const PIPELINES = ['StableDiffusionPipeline', 'OVStableDiffusionPipeline'];

const indexSchema = z.looseObject({ _class_name: z.string() });

const unetSchema = z.looseObject({
  in_channels: z.int().positive().optional(),
  cross_attention_dim: z.int().positive().optional(),
  sample_size: z.int().positive().nullish(),
});

const vaeSchema = z.looseObject({
  block_out_channels: z.array(z.int()).min(1).optional(),
  scaling_factor: z.number().positive().nullish(),
});

export type UNetConfig = z.output<typeof unetSchema>;
export type VaeConfig = z.output<typeof vaeSchema>;

/**
 * What model_index.json says.
 *
 * @throws ModelLoadError `UNSUPPORTED` for the model of another pipeline
 */
export async function readIndex(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const index = await readConfigFile(join(folder, 'model_index.json'), indexSchema);
  if (PIPELINES.includes(index._class_name)) return index;
  throw new ModelLoadError(
    'UNSUPPORTED',
    `${folder} holds a ${index._class_name}; supported are ${PIPELINES.join(' and ')}`,
  );
}

/** @param vae - the folder, in this layout, that tells of the VAE */
export async function readConfigs(
  folder: string,
  vae: 'vae' | 'vae_decoder',
): Promise<Pick<ModelFolder, 'unetConfig' | 'vaeConfig'>> {
  return {
    unetConfig: await readConfigFile(join(folder, 'unet', 'config.json'), unetSchema),
    vaeConfig: await readConfigFile(join(folder, vae, 'config.json'), vaeSchema),
  };
}
