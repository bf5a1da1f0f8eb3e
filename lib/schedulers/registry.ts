import { ModelLoadError } from '../common/errors.js';
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
  return schedulerFromConfig(await readSchedulerFile(folder, options.subfolder), folder);
}

/**
 * The scheduler that a configuration as of scheduler_config.json names.
 *
 * @param source - where it is from, for messages
 * @throws ModelLoadError `CONFIG_INVALID`, or `UNSUPPORTED` with the classes there are
 */
export function schedulerFromConfig(file: Readonly<Record<string, unknown>>, source: string): Scheduler {
  const { _class_name: name } = file;
  const found = classes.find(({ definition }) => definition.className === name);
  if (found) return fromConfig(found, file);
  const known = classes.map(({ definition }) => definition.className).join(', ');
  throw new ModelLoadError(
    'UNSUPPORTED',
    `${source} asks for a scheduler of class ${typeof name === 'string' ? name : 'unknown'}; supported are ${known}`,
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
