import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { RuntimeNotFoundError } from '../../common/errors.js';
import { loadAddon } from './load-addon.js';

/**
 * For a network that OpenVINO could not read. Without the library that reads the format, OpenVINO says what it says of a
 * broken file.
 *
 * @throws RuntimeNotFoundError (RUNTIME_NOT_FOUND) naming the library when it is missing
 */
export function throwIfReaderIsMissing(cause: unknown): void {
  const { libraryPath } = loadAddon().runtime;
  const directory = dirname(libraryPath);
  const reader = basename(libraryPath).replace('openvino', 'openvino_ir_frontend');
  if (existsSync(join(directory, reader))) return;
  throw new RuntimeNotFoundError(
    'RUNTIME_NOT_FOUND',
    `The OpenVINO in ${directory} is incomplete: it lacks ${reader}, which reads networks in OpenVINO's format (.xml and ` +
      '.bin). Install it anew, or let OPENVINO_DIR lead to another installation of the same release.',
    { cause },
  );
}
