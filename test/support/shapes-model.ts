import { join } from 'node:path';

/** The folder of the demo's model. */
export const shapesModel = join(import.meta.dirname, '../../packages/shapes');
