import { z } from 'zod';

import { callback, flag, integer, oneOf, path, signal } from '../common/fields.js';
import { optionsSchema, parseOptions } from '../common/options.js';
import { hubOptionSchemas, requireToken, type SnapshotOptions } from '../hub/index.js';
import {
  checkpointFields,
  exportOptionFields,
  type ExportOptions,
  type GenerationDefaults,
  type SingleFileExportOptions,
} from '../models/index.js';
import type { CompileProperties } from '../runtime/index.js';
import { Scheduler, type SchedulerClass } from '../schedulers/index.js';
import { generationDefaultsField } from './generation-defaults.js';
import type { PipelineProgress } from './progress.js';

/** Options of `fromPretrained`; those of the hub apply to models that are not a folder. */
export interface PipelineOptions
  extends LoadingOptions, Pick<SnapshotOptions, HubOption>, Pick<ExportOptions, 'variant' | 'safetyChecker'> {
  /**
   * Whether the model is a diffusers model in safetensors, whose networks are to be built here, rather than one
   * exported to OpenVINO already. Default: what the folder or repository is.
   */
  export?: boolean | undefined;
  /**
   * Whether networks that are read from OpenVINO IR are first compiled and run once in a process of their own, so that
   * a file that crashes OpenVINO fails with `MODEL_CORRUPT` instead of ending this process. Default: false.
   */
  probe?: boolean | undefined;
}

/** Options that all ways of loading a pipeline have. */
export interface LoadingOptions extends Pick<ExportOptions, 'weightFormat' | 'clipSkip'> {
  /**
   * The scheduler to use instead of the model's own: one that is there, or a class, which takes the model's
   * configuration. A model whose own scheduler is missing or not supported loads with this.
   */
  scheduler?: Scheduler | SchedulerClass | undefined;
  /**
   * A VAE to use in place of the model's own, as diffusers' `vae`; a model that has none loads with this. A VAE's
   * folder, a model's folder, a .safetensors file in the original layout, or the id of a VAE or a model on the hub, at
   * its revision 'main'. `weightFormat` and `variant` apply to it too. Default: the model's own.
   */
  vae?: string | undefined;
  /**
   * A tiny VAE (TAESD, TAESDXL) that decodes the previews of `onStep`, while the images themselves are decoded by the
   * model's own; named as `vae` is. Compiled at the first preview, and not saved. Default: none, and previews are
   * linear approximations.
   */
  tinyVae?: string | undefined;
  /**
   * What `generate` uses where its options say nothing: `{ numInferenceSteps, guidanceScale, eta }`, each of which may be
   * left out. Default: the model's own, see `pipeline.generationDefaults`.
   */
  generationDefaults?: GenerationDefaults | undefined;
  /**
   * Precision of the arithmetic. Default: bf16 where the processor computes it natively (avx512_bf16 or AMX), else
   * what OpenVINO chooses for the device. `pipeline.inferencePrecision` is what was compiled.
   */
  inferencePrecision?: 'bf16' | 'f32' | 'f16' | undefined;
  /** An OpenVINO device: 'CPU', 'GPU', 'NPU', 'AUTO', … Default: 'CPU'. */
  device?: string | undefined;
  /** OpenVINO properties for compilation, under OpenVINO's own names. */
  ovConfig?: CompileProperties | undefined;
  /** Folder where OpenVINO keeps compiled models between runs (`CACHE_DIR`). Default: none. */
  cacheDir?: string | undefined;
  /**
   * Folder for weights that are converted while networks are built (`weightFormat`), as large as these: up to 3.4 GB
   * for SD 1.5. Some systems keep temporary files in memory. Default: `cacheDir`, else the system's for temporary files.
   */
  scratchDir?: string | undefined;
  /**
   * Sizes kept compiled for each network, the least recently used evicted first. Each needs the network's weights
   * once more in memory (about 1.7 GB for SD 1.5's UNet in bf16). Default: 2.
   */
  maxCompiledShapes?: number | undefined;
  /** After `reshape`, refuse other sizes with a ShapeMismatchError instead of compiling for them. Default: false. */
  strictShapes?: boolean | undefined;
  /** Called as files are downloaded, and as components are read and compiled. */
  onProgress?: ((progress: PipelineProgress) => void) | undefined;
  /** Stops a download, and loading between two components. */
  signal?: AbortSignal | undefined;
}

type HubOption = keyof typeof hubOptionSchemas;

/** Options of `fromSingleFile`; those of the hub apply to a `vae` that is not a path. */
export interface SingleFileOptions
  extends
    LoadingOptions,
    Pick<SnapshotOptions, Exclude<HubOption, 'revision'>>,
    Pick<SingleFileExportOptions, keyof typeof checkpointFields> {}

/** Whether a value is one of the scheduler classes, or a user's own that has a config. */
function isSchedulerClass(value: unknown): value is SchedulerClass {
  return typeof value === 'function' && 'definition' in value && 'fromConfig' in value;
}

const loadingFields = {
  weightFormat: exportOptionFields.weightFormat,
  clipSkip: exportOptionFields.clipSkip,
  vae: z.string().min(1).describe('a path or an id').optional(),
  tinyVae: z.string().min(1).describe('a path or an id').optional(),
  scheduler: z
    .custom<Scheduler | SchedulerClass>((value) => Scheduler.isScheduler(value) || isSchedulerClass(value))
    .describe('a Scheduler or a scheduler class')
    .optional(),
  generationDefaults: generationDefaultsField.optional(),
  inferencePrecision: oneOf(['bf16', 'f32', 'f16']).optional(),
  device: z.string().min(1).describe('the name of an OpenVINO device').optional(),
  ovConfig: z
    .custom<CompileProperties>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    )
    .describe('an object of OpenVINO properties')
    .optional(),
  cacheDir: path.optional(),
  scratchDir: path.optional(),
  maxCompiledShapes: integer(1, 64).optional(),
  strictShapes: flag.optional(),
  onProgress: callback<(progress: PipelineProgress) => void>().optional(),
  signal: signal.optional(),
};

const pipelineSchema = optionsSchema<PipelineOptions>()({
  ...loadingFields,
  ...hubOptionSchemas,
  export: flag.optional(),
  probe: flag.optional(),
  variant: exportOptionFields.variant,
  safetyChecker: exportOptionFields.safetyChecker,
});

const { token, hubCacheDir, localFilesOnly } = hubOptionSchemas;
const singleFileSchema = optionsSchema<SingleFileOptions>()({
  ...loadingFields,
  ...checkpointFields,
  token,
  hubCacheDir,
  localFilesOnly,
});

/** @throws InvalidArgumentError, which never quotes a token */
export function parsePipelineOptions(options: PipelineOptions): PipelineOptions {
  requireToken((options as PipelineOptions | null)?.token);
  return parseOptions(pipelineSchema, options, 'fromPretrained');
}

/** @throws InvalidArgumentError, which never quotes a token */
export function parseSingleFileOptions(options: SingleFileOptions): SingleFileOptions {
  requireToken((options as SingleFileOptions | null)?.token);
  return parseOptions(singleFileSchema, options, 'fromSingleFile');
}
