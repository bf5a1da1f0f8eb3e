import { createRequire } from 'node:module';

import { ModelLoadError } from '../common/errors.js';

const packageName = '@openvino-diffusers/shapes';

/**
 * The folder of the small model that commands use when none is named, a package of its own.
 *
 * @throws ModelLoadError (MODEL_NOT_FOUND) when the package is not installed, as under `--omit=optional`
 */
export function defaultModel(): string {
  const require = createRequire(import.meta.url);
  try {
    return (require(packageName) as { modelFolder: string }).modelFolder;
  } catch (cause) {
    throw new ModelLoadError(
      'MODEL_NOT_FOUND',
      `No model was named, and the default one is not installed. Name one with --model, or install the small model of ` +
        `simple shapes (23 MB): npm install ${packageName}`,
      { cause },
    );
  }
}
