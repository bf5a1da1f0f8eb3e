import { wrongValue } from '../common/options.js';
import { ModelLoadError } from '../common/errors.js';
import { ConfigurableScheduler, type SchedulerClass } from './configurable-scheduler.js';
import { DDIMScheduler } from './ddim.js';
import { DDIMInverseScheduler } from './ddim-inverse.js';
import { DDPMScheduler } from './ddpm.js';
import { DPMSolverMultistepScheduler } from './dpm-solver-multistep.js';
import { DPMSolverSDEScheduler } from './dpm-solver-sde.js';
import { EDMDPMSolverMultistepScheduler } from './edm-dpm-solver-multistep.js';
import { EDMEulerScheduler } from './edm-euler.js';
import { DEISMultistepScheduler } from './deis-multistep.js';
import { DPMSolverSinglestepScheduler } from './dpm-solver-singlestep.js';
import { EulerAncestralDiscreteScheduler } from './euler-ancestral-discrete.js';
import { EulerDiscreteScheduler } from './euler-discrete.js';
import { HeunDiscreteScheduler } from './heun-discrete.js';
import { KDPM2AncestralDiscreteScheduler } from './kdpm2-ancestral-discrete.js';
import { KDPM2DiscreteScheduler } from './kdpm2-discrete.js';
import { LCMScheduler } from './lcm.js';
import { LMSDiscreteScheduler } from './lms-discrete.js';
import { PNDMScheduler } from './pndm.js';
import { TCDScheduler } from './tcd.js';
import { UniPCMultistepScheduler } from './uni-pc-multistep.js';
import { fromFile } from './scheduler-config.js';
import { readSchedulerFile } from './scheduler-file.js';
import type { SchedulerLocation } from './scheduler-location.js';
import { warnOfUnknownKeys } from './unknown-keys.js';

const classes: readonly SchedulerClass[] = [
  DDIMInverseScheduler,
  DDIMScheduler,
  DDPMScheduler,
  DPMSolverMultistepScheduler,
  DPMSolverSDEScheduler,
  EDMDPMSolverMultistepScheduler,
  EDMEulerScheduler,
  DEISMultistepScheduler,
  DPMSolverSinglestepScheduler,
  EulerAncestralDiscreteScheduler,
  EulerDiscreteScheduler,
  HeunDiscreteScheduler,
  KDPM2AncestralDiscreteScheduler,
  KDPM2DiscreteScheduler,
  LCMScheduler,
  LMSDiscreteScheduler,
  PNDMScheduler,
  TCDScheduler,
  UniPCMultistepScheduler,
];

/** The schedulers of this package, by diffusers' names of their classes. */
export const schedulerClassNames: readonly string[] = classes.map(({ definition }) => definition.className);

/**
 * Whether this package has a scheduler class, by diffusers' name.
 *
 * @example
 * ```ts
 * hasSchedulerClass('EulerDiscreteScheduler'); // true
 * ```
 */
export function hasSchedulerClass(className: string): boolean {
  return schedulerClassNames.includes(className);
}

/**
 * A scheduler class by diffusers' name.
 *
 * @throws InvalidArgumentError for an unknown name
 * @internal
 */
export function schedulerClass(className: string): SchedulerClass {
  const found = classes.find(({ definition }) => definition.className === className);
  if (found) return found;
  throw wrongValue(`one of ${schedulerClassNames.join(', ')}`, 'className', className);
}

/**
 * Makes a scheduler of a class given by name from another scheduler's config.
 *
 * @param className - diffusers' name of the class, one of `schedulerClassNames`
 * @param config - another scheduler's `config`, or the contents of a scheduler_config.json
 * @param overrides - keys to set besides
 * @throws InvalidArgumentError for an unknown name, and as the class's `fromConfig`
 * @example
 * ```ts
 * pipeline.scheduler = createScheduler('EulerDiscreteScheduler', pipeline.scheduler.config);
 * ```
 */
export function createScheduler(
  className: string,
  config: object = {},
  overrides: object = {},
): ConfigurableScheduler {
  return ConfigurableScheduler.fromConfig.call(schedulerClass(className), config, overrides);
}

/**
 * The scheduler of the class that a model's scheduler_config.json names.
 *
 * @param idOrFolder - the model's folder or the scheduler's own, or the id of a model on the hub, of which only
 * scheduler_config.json is downloaded; 'openvino-diffusers/schedulers' alone does not download
 * @throws ModelLoadError `MODEL_NOT_FOUND`, `CONFIG_INVALID`, or `UNSUPPORTED` with the supported classes
 * @throws HubError, SaveError; the signal's reason
 * @example
 * ```ts
 * const scheduler = await schedulerFromPretrained('models/sd15');
 * ```
 */
export async function schedulerFromPretrained(
  idOrFolder: string,
  options: SchedulerLocation = {},
): Promise<ConfigurableScheduler> {
  const { config, path } = await readSchedulerFile(idOrFolder, options);
  return schedulerFromConfig(config, path);
}

/**
 * The scheduler of the class that the contents of a scheduler_config.json name. Keys that no scheduler has are ignored
 * with a warning (`UNKNOWN_CONFIG_KEY`).
 *
 * @param source - the file's path, for messages
 * @param schedulerClass - a class to use in place of the one that is named
 * @throws ModelLoadError `CONFIG_INVALID` naming the file and the key, or `UNSUPPORTED` with the supported classes
 * @example
 * ```ts
 * const saved = pipeline.scheduler.toJSON();
 * pipeline.scheduler = schedulerFromConfig(saved, 'settings.json');
 * ```
 */
export function schedulerFromConfig(
  file: Readonly<Record<string, unknown>>,
  source: string,
  schedulerClass?: SchedulerClass,
): ConfigurableScheduler {
  const found = schedulerClass ?? classNamed(file, source);
  warnOfUnknownKeys(file, source);
  return fromFile(source, () => ConfigurableScheduler.fromConfig.call(found, file));
}

function classNamed(
  { _class_name: name }: Readonly<Record<string, unknown>>,
  source: string,
): SchedulerClass {
  const found = classes.find(({ definition }) => definition.className === name);
  if (found) return found;
  const fault =
    typeof name === 'string' ? `names the scheduler class ${name}` : 'names no scheduler class (_class_name)';
  throw new ModelLoadError(
    'UNSUPPORTED',
    `${source} ${fault}. Supported are ${schedulerClassNames.join(', ')}.`,
  );
}
