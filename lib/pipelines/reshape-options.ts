import { callback, flag, integer, signal } from '../common/fields.js';
import { optionsSchema, parseOptions } from '../common/options.js';
import type { CompileProgress } from './progress.js';

/** Options of `reshape`, as optimum-intel's. */
export interface ReshapeOptions extends CompileOptions {
  /** Prompts a call. Default: 1. */
  batchSize?: number | undefined;
  /** Pixels; a multiple of the VAE's factor (8 for SD). */
  height: number;
  /** Pixels; a multiple of the VAE's factor (8 for SD). */
  width: number;
  /** Images a prompt. Default: 1. */
  numImagesPerPrompt?: number | undefined;
  /** Whether calls will use guidance, which doubles the UNet's batch; UNets that take the scale as an input never do. Default: true. */
  guidance?: boolean | undefined;
}

/** Options of `compile`. */
export interface CompileOptions {
  /** Called as each network is compiled, beside the pipeline's own `onProgress`. */
  onProgress?: ((progress: CompileProgress) => void) | undefined;
  /** Ends the wait for a compilation, which itself goes on to its end, and starts no further one. */
  signal?: AbortSignal | undefined;
}

/** The shape that a pipeline's networks are compiled for. */
export interface StaticShape {
  readonly batchSize: number;
  readonly height: number;
  readonly width: number;
  readonly numImagesPerPrompt: number;
  readonly guidance: boolean;
}

const compileFields = {
  onProgress: callback<(progress: CompileProgress) => void>().optional(),
  signal: signal.optional(),
};
const size = integer(1, 16384);
const reshapeSchema = optionsSchema<ReshapeOptions>()({
  batchSize: size.optional(),
  height: size,
  width: size,
  numImagesPerPrompt: size.optional(),
  guidance: flag.optional(),
  ...compileFields,
});
const compileSchema = optionsSchema<CompileOptions>()(compileFields);

/**
 * @param guides - whether the pipeline has an unconditional half of the batch, by what the options say of it
 * @throws InvalidArgumentError
 */
export function parseReshapeOptions(
  options: ReshapeOptions,
  guides: (wanted: boolean | undefined) => boolean = (wanted = true) => wanted,
): { shape: StaticShape } & CompileOptions {
  const { onProgress, signal, ...given } = parseOptions(reshapeSchema, options, 'reshape');
  const { batchSize = 1, numImagesPerPrompt = 1, height, width } = given;
  const guidance = guides(given.guidance);
  return { shape: { batchSize, height, width, numImagesPerPrompt, guidance }, onProgress, signal };
}

/** @throws InvalidArgumentError */
export function parseCompileOptions(options: CompileOptions): CompileOptions {
  return parseOptions(compileSchema, options, 'compile');
}
