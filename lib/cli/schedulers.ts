import { Command } from 'commander';

import { schedulerClass, type SchedulerClass } from '../schedulers/index.js';

/** A scheduler by its name on the command line; made from the config of the model's own. */
export interface SchedulerChoice {
  readonly name: string;
  /** diffusers' class. */
  readonly className: string;
  /** Keys that the name sets. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly description: string;
}

const KARRAS = { useKarrasSigmas: true, useExponentialSigmas: false, useBetaSigmas: false };
const SDE = { algorithmType: 'sde-dpmsolver++' };

export const schedulerChoices: readonly SchedulerChoice[] = [
  {
    name: 'dpmpp',
    className: 'DPMSolverMultistepScheduler',
    description: 'DPM++ 2M: good images in 20 to 25 steps',
  },
  {
    name: 'dpmpp-karras',
    className: 'DPMSolverMultistepScheduler',
    config: KARRAS,
    description: 'DPM++ 2M Karras: with the noise levels of Karras et al., which many models look best with',
  },
  {
    name: 'dpmpp-2m-sde',
    className: 'DPMSolverMultistepScheduler',
    config: SDE,
    description: 'DPM++ 2M SDE: adds noise at each step',
  },
  {
    name: 'dpmpp-2m-sde-karras',
    className: 'DPMSolverMultistepScheduler',
    config: { ...SDE, ...KARRAS },
    description: 'DPM++ 2M SDE Karras: adds noise at each step',
  },
  {
    name: 'unipc',
    className: 'UniPCMultistepScheduler',
    description: 'UniPC: a predictor with a corrector, good from about 10 steps',
  },
  {
    name: 'pndm',
    className: 'PNDMScheduler',
    description: 'PLMS, the default of Stable Diffusion 1.5: one call of the UNet more than steps',
  },
  { name: 'ddim', className: 'DDIMScheduler', description: 'Deterministic; with eta above 0 it adds noise' },
  { name: 'euler', className: 'EulerDiscreteScheduler', description: 'Simple and robust, 25 to 30 steps' },
  {
    name: 'euler-a',
    className: 'EulerAncestralDiscreteScheduler',
    description: 'Adds noise at each step: images change with the number of steps',
  },
];

/** Classes by their names on the command line; each takes the config of the model's own. */
export const schedulersByName: Readonly<Record<string, SchedulerClass>> = Object.fromEntries(
  schedulerChoices.map(({ name, className, config }) => [
    name,
    withValues(schedulerClass(className), config),
  ]),
);

/** `openvino-diffusers schedulers`: the names that `--scheduler` takes. */
export function schedulersCommand(): Command {
  return new Command('schedulers')
    .description('list the schedulers: their names for --scheduler, and the classes of diffusers')
    .option('--json', 'print one JSON array')
    .action(({ json }: { json?: boolean }) => {
      console.log(json ? JSON.stringify(schedulerChoices, undefined, 2) : describeSchedulers());
    });
}

function describeSchedulers(): string {
  const [nameWidth, classWidth] = (['name', 'className'] as const).map((key) =>
    Math.max(...schedulerChoices.map((choice) => choice[key].length)),
  ) as [number, number];
  return schedulerChoices
    .map(
      ({ name, className, description }) =>
        `${name.padEnd(nameWidth)}  ${className.padEnd(classWidth)}  ${description}`,
    )
    .join('\n');
}

function withValues(base: SchedulerClass, values: object | undefined): SchedulerClass {
  if (!values) return base;
  const Base = base as unknown as new (config: object) => object;
  return class extends Base {
    static readonly definition = base.definition;

    constructor(config: object = {}) {
      super({ ...config, ...values });
    }
  } as unknown as SchedulerClass;
}
