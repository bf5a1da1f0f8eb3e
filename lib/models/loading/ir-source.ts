import { dirname, join, parse } from 'node:path';
import { z } from 'zod';

import { asSaveError } from '../../common/save-error.js';
import { readConfigFile } from '../../common/config-file.js';
import { ModelLoadError, OpenVINODiffusersError, RuntimeNotFoundError } from '../../common/errors.js';
import { fileExists } from '../../common/file-exists.js';
import type { Core, Model } from '../../runtime/index.js';
import { IR_NAMES } from '../file-names.js';
import type { NetworkName } from '../layout.js';
import type { NetworkSource } from '../network-source.js';
import { copyFiles } from '../saving/copy-files.js';
import { HeldFiles } from '../weights/held-files.js';
import { checkIr } from './ir-check.js';

const configSchema = z.looseObject({});

/**
 * A network in OpenVINO IR, an .xml with its .bin beside it, in the folder of its name.
 *
 * @param folder - the model's
 * @throws ModelLoadError `MODEL_NOT_FOUND` naming the file that is missing, `CONFIG_INVALID`
 */
export async function irSource(core: Core, folder: string, name: NetworkName): Promise<NetworkSource> {
  const xmlPath = await findIr(join(folder, name));
  const configPath = join(folder, name, 'config.json');
  const files = new HeldFiles([xmlPath, binPathOf(xmlPath)]);
  return {
    name,
    path: xmlPath,
    root: folder,
    config: (await fileExists(configPath)) ? await readConfigFile(configPath, configSchema) : {},
    files,
    open: () => readIr(core, xmlPath),
    save: async (to, target) => {
      await files.verifyPaths();
      await asSaveError(target, () => copyFiles(dirname(xmlPath), to, { root: folder, names: SAVED }));
    },
  };
}

async function readIr(core: Core, xmlPath: string): Promise<Model> {
  await checkIr(xmlPath, binPathOf(xmlPath));
  try {
    return await core.readModel(xmlPath);
  } catch (cause) {
    if (!(cause instanceof OpenVINODiffusersError) || cause instanceof RuntimeNotFoundError) throw cause;
    throw new ModelLoadError(
      'MODEL_CORRUPT',
      `OpenVINO cannot read ${xmlPath} with its .bin file. Is the download in ${dirname(xmlPath)} complete? ${cause.message}`,
      { cause },
    );
  }
}

function binPathOf(xmlPath: string): string {
  const { dir, name } = parse(xmlPath);
  return join(dir, `${name}.bin`);
}

/** The network's .xml under any of its names, its .bin checked too. */
async function findIr(folder: string): Promise<string> {
  const candidates = IR_NAMES.map((name) => join(folder, `${name}.xml`));
  for (const path of candidates) {
    if (!(await fileExists(path))) continue;
    const weights = binPathOf(path);
    if (await fileExists(weights)) return path;
    throw new ModelLoadError('MODEL_NOT_FOUND', `${path} is there but its weights are not: ${weights}`);
  }
  throw new ModelLoadError('MODEL_NOT_FOUND', `Neither ${candidates.join(' nor ')} exists`);
}

/** Files of a network's folder that a saved model takes over; what else is there is not the network's. */
const SAVED = /^((openvino_model|ov_model)\.(xml|bin)|config\.json|.+\.safetensors(\.index\.json)?)$/;
