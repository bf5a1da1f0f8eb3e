import { callback, flag } from '../common/fields.js';
import { optionsSchema } from '../common/options.js';
import type { GenerationDefaults } from '../models/index.js';
import { generationDefaultsField } from './generation-defaults.js';
import type { CompileProgress } from './progress.js';

/** What a pipeline may be constructed with besides its components and its scheduler. */
export interface PipelineInit {
  /** After `reshape`, refuse other sizes instead of compiling for them. Default: false. */
  strictShapes?: boolean | undefined;
  /** What `generate` uses where its options say nothing, in place of the model's own defaults. */
  generationDefaults?: GenerationDefaults | undefined;
  /** Called as each network is compiled. */
  onProgress?: ((progress: CompileProgress) => void) | undefined;
}

export const initSchema = optionsSchema<PipelineInit>()({
  strictShapes: flag.optional(),
  generationDefaults: generationDefaultsField.optional(),
  onProgress: callback<(progress: CompileProgress) => void>().optional(),
});
