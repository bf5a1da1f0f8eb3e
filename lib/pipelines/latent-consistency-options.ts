import { integer } from '../common/fields.js';
import { optionsSchema } from '../common/options.js';
import { generateFields, parseGenerateOptionsOf, type GenerateOptions } from './generate-options.js';

/** Options that latent consistency models lack: they have no unconditional prediction. */
type Unconditional = 'negativePrompt' | 'guidanceRescale' | 'guidanceStart' | 'guidanceEnd';

/**
 * Options of `OVLatentConsistencyModelPipeline.generate`; names and defaults as in diffusers'
 * `LatentConsistencyModelPipeline`.
 */
export interface LatentConsistencyGenerateOptions extends Omit<GenerateOptions, Unconditional> {
  /** Denoising steps, at most `originalInferenceSteps`. Default: 4. */
  numInferenceSteps?: number | undefined;
  /** Embedded and given to the UNet, which was distilled with it; costs nothing. Default: 8.5. */
  guidanceScale?: number | undefined;
  /**
   * Timesteps that the model was distilled at, from which those of a generation are chosen. Default: the scheduler's
   * `originalInferenceSteps`, 50.
   */
  originalInferenceSteps?: number | undefined;
}

const {
  negativePrompt: _negativePrompt,
  guidanceRescale: _guidanceRescale,
  guidanceStart: _guidanceStart,
  guidanceEnd: _guidanceEnd,
  ...fields
} = generateFields;

/** The fields of `LatentConsistencyGenerateOptions`. */
export const latentConsistencyFields = {
  ...fields,
  originalInferenceSteps: integer(1, 100_000).optional(),
};

const schema = optionsSchema<LatentConsistencyGenerateOptions>()(latentConsistencyFields);

/** @throws InvalidArgumentError */
export function parseLatentConsistencyOptions(
  options: LatentConsistencyGenerateOptions,
): LatentConsistencyGenerateOptions {
  return parseGenerateOptionsOf(schema, options);
}
