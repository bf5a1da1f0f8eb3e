import { join } from 'node:path';
import { z } from 'zod';

import { ClipTokenizer } from '../../tokenizer/index.js';
import type { ModelSource } from './model-source.js';
import { checkConfig, readConfigFile } from '../../common/config-file.js';
import { ModelLoadError } from '../../common/errors.js';
import type { SaveExportOptions } from '../index.js';
import { schedulerFromPretrained, type Scheduler } from '../../schedulers/index.js';

/** A model on disk, in whichever layout: what a pipeline is loaded from and can be saved from again. */
export interface ModelFolder {
  /** What the caller called it: an id, or its path. */
  readonly name: string;
  /** Its path: of a folder, or of a checkpoint. */
  readonly folder: string;
  readonly tokenizer: () => Promise<ClipTokenizer>;
  readonly scheduler: () => Promise<Scheduler>;
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
  requirePipeline(index, folder);
  return index;
}

/** @throws ModelLoadError `UNSUPPORTED` for the model of another pipeline */
export function requirePipeline(
  { _class_name: name }: Readonly<Record<string, unknown>>,
  path: string,
): void {
  if (PIPELINES.some((known) => known === name)) return;
  throw new ModelLoadError(
    'UNSUPPORTED',
    `${path} holds a ${String(name)}; supported are ${PIPELINES.join(' and ')}`,
  );
}

/** What the configurations of a folder in optimum-intel's layout say. */
export async function readConfigs(folder: string): Promise<Pick<ModelFolder, 'unetConfig' | 'vaeConfig'>> {
  return {
    unetConfig: await readConfigFile(join(folder, 'unet', 'config.json'), unetSchema),
    vaeConfig: await readConfigFile(join(folder, 'vae_decoder', 'config.json'), vaeSchema),
  };
}

/** The same of configurations that were read already. */
export function checkConfigs(
  path: string,
  unet: Readonly<Record<string, unknown>>,
  vae: Readonly<Record<string, unknown>>,
): Pick<ModelFolder, 'unetConfig' | 'vaeConfig'> {
  return { unetConfig: checkConfig(path, unet, unetSchema), vaeConfig: checkConfig(path, vae, vaeSchema) };
}

/** Tokenizer and scheduler in the folders of their names, as both layouts have them. */
export function inFolder(folder: string): Pick<ModelFolder, 'tokenizer' | 'scheduler'> {
  return {
    tokenizer: () => ClipTokenizer.fromPretrained(join(folder, 'tokenizer')),
    scheduler: () => schedulerFromPretrained(folder, { subfolder: 'scheduler' }),
  };
}
