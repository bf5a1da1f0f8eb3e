import { z } from 'zod';

import {
  checkpointOptionSchemas,
  WEIGHT_FORMATS,
  type SingleFileExportOptions,
  type WeightFormat,
} from '../models/index.js';
import { hubOptionSchemas, requireToken, type DownloadProgress, type SnapshotOptions } from '../hub/index.js';
import { parseOptions } from '../common/options.js';
import type { CompileProperties } from '../runtime/index.js';

/** Told while a pipeline loads or compiles. */
export type PipelineProgress = ComponentProgress | ({ phase: 'download' } & DownloadProgress);

/** Told as each component is read, or compiled. */
export interface ComponentProgress {
  phase: 'read' | 'compile';
  component: 'tokenizer' | 'text encoder' | 'UNet' | 'VAE decoder' | 'VAE encoder';
  /** Components done so far in this phase, this one included. */
  done: number;
  total: number;
}

/** Options of `OVStableDiffusionPipeline.fromPretrained`; those of the hub are for models that are no folder. */
export interface PipelineOptions extends Pick<SnapshotOptions, HubOption> {
  /**
   * Whether the model is a diffusers model in safetensors, whose networks are to be built here, rather than one
   * exported to OpenVINO already. Default: what the folder or repository is.
   */
  export?: boolean | undefined;
  /** With `export`: how weights are laid down in memory, and by `savePretrained` on disk. Default: 'stored'. */
  weightFormat?: WeightFormat | undefined;
  /** With `export`: which files of weights are read, e.g. 'fp16' for `*.fp16.safetensors`. Default: those without. */
  variant?: string | undefined;
  /** With `export`: layers of the text encoder left out at the end, for models trained so. Default: 0. */
  clipSkip?: number | undefined;
  /**
   * Precision of the arithmetic. Default: bf16 where the processor computes it natively (avx512_bf16 or AMX), else
   * what OpenVINO chooses for the device. `pipeline.inferencePrecision` tells what came of it.
   */
  inferencePrecision?: 'bf16' | 'f32' | 'f16' | undefined;
  /** An OpenVINO device: 'CPU', 'GPU', 'NPU', 'AUTO', … Default: 'CPU'. */
  device?: string | undefined;
  /** OpenVINO properties for compilation, under OpenVINO's own names. */
  ovConfig?: CompileProperties | undefined;
  /** Folder where OpenVINO keeps compiled models between runs (`CACHE_DIR`). Default: none. */
  cacheDir?: string | undefined;
  /**
   * Sizes kept compiled for each network, the least recently used dropped first. Each costs the network's weights
   * once more in memory (about 1.7 GB for SD 1.5's UNet in bf16). Default: 2.
   */
  maxCompiledShapes?: number | undefined;
  /** After `reshape`, refuse other sizes with a ShapeMismatchError instead of compiling for them. Default: false. */
  strictShapes?: boolean | undefined;
  /** Called as files are downloaded, and components are read and compiled. */
  onProgress?: ((progress: PipelineProgress) => void) | undefined;
  /** Stops a download, and loading between two components. */
  signal?: AbortSignal | undefined;
}

type HubOption = keyof typeof hubOptionSchemas;

/** Options of `OVStableDiffusionPipeline.fromSingleFile`. */
export type SingleFileOptions = Omit<PipelineOptions, 'export' | 'variant' | HubOption> &
  Pick<SingleFileExportOptions, keyof typeof checkpointOptionSchemas>;

/** Options of `OVStableDiffusionPipeline.reshape`, as optimum-intel's. */
export interface ReshapeOptions {
  /** Prompts a call. Default: 1. */
  batchSize?: number | undefined;
  /** Pixels; a multiple of the VAE's factor (8 for SD). */
  height: number;
  /** Pixels; a multiple of the VAE's factor (8 for SD). */
  width: number;
  /** Pictures a prompt. Default: 1. */
  numImagesPerPrompt?: number | undefined;
  /** Whether calls will use guidance, which doubles the UNet's batch. Default: true. */
  guidance?: boolean | undefined;
}

const positive = z.int().min(1).max(16384).describe('integer between 1 and 16384');

const reshapeSchema = z.strictObject({
  batchSize: positive.optional().describe('integer between 1 and 16384'),
  height: positive,
  width: positive,
  numImagesPerPrompt: positive.optional().describe('integer between 1 and 16384'),
  guidance: z.boolean().optional().describe('a boolean'),
});

const pipelineSchema = z.strictObject({
  ...hubOptionSchemas,
  export: z.boolean().optional().describe('a boolean'),
  weightFormat: z
    .enum(WEIGHT_FORMATS)
    .optional()
    .describe(`one of ${WEIGHT_FORMATS.join(', ')}`),
  variant: z.string().min(1).optional().describe("a variant's name such as 'fp16'"),
  clipSkip: z.int().min(0).max(64).optional().describe('integer between 0 and 64'),
  inferencePrecision: z.enum(['bf16', 'f32', 'f16']).optional().describe("'bf16', 'f32' or 'f16'"),
  device: z.string().min(1).optional().describe('the name of an OpenVINO device'),
  ovConfig: z
    .custom<CompileProperties>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    )
    .optional()
    .describe('an object of OpenVINO properties'),
  cacheDir: z.string().min(1).optional().describe('a path'),
  maxCompiledShapes: z.int().min(1).max(64).optional().describe('integer between 1 and 64'),
  strictShapes: z.boolean().optional().describe('a boolean'),
  onProgress: z
    .custom<(progress: PipelineProgress) => void>((value) => typeof value === 'function')
    .optional()
    .describe('a function'),
  signal: z
    .custom<AbortSignal>((value) => typeof value === 'object' && value !== null && 'aborted' in value)
    .optional()
    .describe('an AbortSignal'),
});

/** @throws InvalidArgumentError, which never quotes a token */
export function parsePipelineOptions(options: PipelineOptions): PipelineOptions {
  requireToken((options as PipelineOptions | null)?.token);
  return parseOptions(pipelineSchema, options, 'fromPretrained');
}

const singleFileSchema = pipelineSchema
  .omit({ export: true, variant: true, revision: true, token: true, hubCacheDir: true, localFilesOnly: true })
  .extend(checkpointOptionSchemas);

/** @throws InvalidArgumentError */
export function parseSingleFileOptions(options: SingleFileOptions): SingleFileOptions {
  return parseOptions(singleFileSchema, options, 'fromSingleFile');
}

/** @throws InvalidArgumentError */
export function parseReshapeOptions(options: ReshapeOptions): Required<ReshapeOptions> & {
  batchSize: number;
  numImagesPerPrompt: number;
  guidance: boolean;
} {
  const {
    batchSize = 1,
    numImagesPerPrompt = 1,
    guidance = true,
    ...size
  } = parseOptions(reshapeSchema, options, 'reshape');
  return { ...size, batchSize, numImagesPerPrompt, guidance };
}
