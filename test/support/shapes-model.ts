import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** The folder of the demo's model. */
export const shapesModel =
  ['packages/shapes', 'models/shapes'].map((folder) => join(root, folder)).find(existsSync) ?? '';
