import { join } from 'node:path';
import { z } from 'zod';

import { readConfigFile } from '../common/config-file.js';
import { fileExists } from '../common/file-exists.js';
import { locateSchedulerFolder, type SchedulerLocation } from './scheduler-location.js';

/** The other keys are checked by the class that reads them. */
const fileSchema = z.looseObject({ _class_name: z.string().optional() });

/** A scheduler_config.json that was read. */
export interface SchedulerFile {
  readonly path: string;
  readonly config: z.output<typeof fileSchema>;
}

/**
 * Reads scheduler_config.json.
 *
 * @param idOrFolder - a model's folder or the scheduler's own, or the id of a model on the hub
 * @throws ModelLoadError `MODEL_NOT_FOUND`, `CONFIG_INVALID`
 * @throws InvalidArgumentError, HubError, SaveError; the signal's reason
 */
export async function readSchedulerFile(
  idOrFolder: string,
  location: SchedulerLocation = {},
): Promise<SchedulerFile> {
  const { subfolder } = location;
  const folder = await locateSchedulerFolder(idOrFolder, location);
  const nested = join(folder, subfolder ?? 'scheduler', 'scheduler_config.json');
  const own = join(folder, 'scheduler_config.json');
  const isOwn = subfolder === undefined && !(await fileExists(nested)) && (await fileExists(own));
  const path = isOwn ? own : nested;
  return { path, config: await readConfigFile(path, fileSchema) };
}
