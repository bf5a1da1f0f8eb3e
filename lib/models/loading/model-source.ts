import { dirname } from 'node:path';

import { ModelLoadError, OpenVINODiffusersError } from '../../common/errors.js';
import type { Core, Model } from '../../runtime/index.js';

/** Where a network comes from: a file of it, or what builds it. */
export interface ModelSource {
  /** The file or folder, for messages. */
  readonly name: string;
  /** @throws ModelLoadError */
  open(): Promise<Model>;
}

/** A network in OpenVINO IR: an .xml with its .bin beside it. */
export function irSource(core: Core, xmlPath: string): ModelSource {
  return {
    name: xmlPath,
    async open() {
      try {
        return await core.readModel(xmlPath);
      } catch (cause) {
        if (!(cause instanceof OpenVINODiffusersError)) throw cause;
        throw new ModelLoadError(
          'MODEL_CORRUPT',
          `OpenVINO cannot read ${xmlPath} with its .bin file. Is the download in ${dirname(xmlPath)} complete? ${cause.message}`,
          { cause },
        );
      }
    },
  };
}
