import { join } from 'node:path';

import { checkConfig } from '../common/config-file.js';
import { warn } from '../common/warnings.js';
import type { InferenceContext, SafetyChecker } from '../components/index.js';
import { clipImageProcessorSchema, clipInput } from '../image/index.js';
import { imageProcessorConfigIn, pipelineLayoutOf, type PretrainedModel } from '../models/index.js';
import type { RawImage } from './generate-result.js';

/**
 * How a model's safety checker wants its images.
 *
 * @param folder - the model's
 * @throws ModelLoadError `CONFIG_INVALID`
 */
export async function readImageProcessorConfig(folder: string): Promise<Readonly<Record<string, unknown>>> {
  const config = await imageProcessorConfigIn(folder);
  const path = join(folder, 'feature_extractor', 'preprocessor_config.json');
  return checkConfig(path, config, clipImageProcessorSchema);
}

/**
 * Checks images as diffusers' `run_safety_checker` does, and makes those black that are flagged.
 *
 * @returns whether each was flagged
 */
export async function checkImages(
  images: readonly RawImage[],
  safetyChecker: SafetyChecker,
  context: InferenceContext,
): Promise<boolean[]> {
  const config = clipImageProcessorSchema.parse(safetyChecker.preprocessorConfig);
  const flags: boolean[] = [];
  for (const image of images) {
    const isFlagged = await safetyChecker.check(await clipInput(image, config), context);
    if (isFlagged) image.data.fill(0);
    flags.push(isFlagged);
  }
  if (flags.includes(true)) {
    warn(
      'NSFW_CONTENT_DETECTED',
      "The model's safety checker flagged one or more images, which are black instead. Another prompt or seed may help.",
    );
  }
  return flags;
}

/**
 * Warns of a model that is loaded without the safety checker that it requires, as diffusers does; once for each
 * loading.
 */
export function warnSafetyCheckerDisabled({ index, path }: PretrainedModel): void {
  const hasSafetyChecker = pipelineLayoutOf(index, path).optional.includes('safety_checker');
  if (!hasSafetyChecker || index.requires_safety_checker === false) return;
  warn(
    'SAFETY_CHECKER_DISABLED',
    `${path} was loaded with 'safetyChecker: null', so its images are not checked. The licence of Stable Diffusion may ` +
      'not let you show unchecked images to the public.',
  );
}
