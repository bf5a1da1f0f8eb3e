import { ModelLoadError } from '../errors.js';
import { DDIMScheduler } from './ddim.js';
import { DPMSolverMultistepScheduler } from './dpm-solver-multistep.js';
import { EulerAncestralDiscreteScheduler } from './euler-ancestral-discrete.js';
import { EulerDiscreteScheduler } from './euler-discrete.js';
import { PNDMScheduler } from './pndm.js';
import { readSchedulerFile, type Scheduler, type SchedulerClass } from './scheduler.js';

const classes: readonly SchedulerClass[] = [
  DDIMScheduler,
  DPMSolverMultistepScheduler,
  EulerAncestralDiscreteScheduler,
  EulerDiscreteScheduler,
  PNDMScheduler,
];

/**
 * The scheduler that a model's scheduler_config.json names.
 *
 * @throws ModelLoadError `MODEL_NOT_FOUND`, `CONFIG_INVALID`, or `UNSUPPORTED` with the classes there are
 */
export async function schedulerFromPretrained(
  folder: string,
  options: { subfolder?: string } = {},
): Promise<Scheduler> {
  const file = await readSchedulerFile(folder, options.subfolder);
  const found = classes.find(({ definition }) => definition.className === file._class_name);
  if (found) return fromConfig(found, file);
  const known = classes.map(({ definition }) => definition.className).join(', ');
  throw new ModelLoadError(
    'UNSUPPORTED',
    `${folder} asks for a scheduler of class ${file._class_name ?? 'unknown'}; supported are ${known}`,
  );
}

/** Schedulers by the names people use on a command line, each made from another scheduler's configuration. */
export const schedulersByName = {
  dpmpp: (config: object): Scheduler => fromConfig(DPMSolverMultistepScheduler, config),
  'dpmpp-karras': (config: object): Scheduler =>
    fromConfig(DPMSolverMultistepScheduler, config, { useKarrasSigmas: true }),
  pndm: (config: object): Scheduler => fromConfig(PNDMScheduler, config),
  ddim: (config: object): Scheduler => fromConfig(DDIMScheduler, config),
  euler: (config: object): Scheduler => fromConfig(EulerDiscreteScheduler, config),
  'euler-a': (config: object): Scheduler => fromConfig(EulerAncestralDiscreteScheduler, config),
} as const;

function fromConfig(of: SchedulerClass, config: object, overrides?: object): Scheduler {
  return (of as typeof DDIMScheduler).fromConfig(config, overrides);
}
