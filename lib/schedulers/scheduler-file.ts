import { join } from 'node:path';
import { z } from 'zod';

import { readConfigFile } from '../common/config-file.js';
import { fileExists } from '../common/file-exists.js';

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
 * @param folder - a model's folder, or the scheduler's own
 * @param subfolder - where in it the file is; default: 'scheduler' where there is one
 * @throws ModelLoadError `MODEL_NOT_FOUND`, `CONFIG_INVALID`
 */
export async function readSchedulerFile(folder: string, subfolder?: string): Promise<SchedulerFile> {
  const nested = join(folder, subfolder ?? 'scheduler', 'scheduler_config.json');
  const own = join(folder, 'scheduler_config.json');
  const isOwn = subfolder === undefined && !(await fileExists(nested)) && (await fileExists(own));
  const path = isOwn ? own : nested;
  return { path, config: await readConfigFile(path, fileSchema) };
}
