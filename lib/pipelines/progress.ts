import type { DownloadProgress } from '../hub/index.js';
import type { ComponentName } from '../models/index.js';

/** Progress event while a pipeline is loaded or compiled. */
export type PipelineProgress = ComponentProgress | ({ phase: 'download' } & DownloadProgress);

/** Progress event: one component was read or compiled. */
export interface ComponentProgress {
  phase: 'read' | 'compile';
  /** As diffusers and optimum-intel name it. */
  component: ComponentName;
  /** Components done so far in this phase, this one included. */
  done: number;
  total: number;
}

/** Progress event: one network was compiled. */
export type CompileProgress = ComponentProgress & { phase: 'compile' };
