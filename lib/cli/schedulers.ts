import { Command } from 'commander';

import type { SchedulerClass } from '../schedulers/index.js';
import { schedulerClass } from '../schedulers/registry.js';

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
    name: 'dpmpp-single',
    className: 'DPMSolverSinglestepScheduler',
    description: 'DPM++ 2S: singlestep; as good as 2M, with an even number of steps',
  },
  {
    name: 'deis',
    className: 'DEISMultistepScheduler',
    description: 'DEIS: extrapolates the noise, good from about 15 steps',
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
  {
    name: 'heun',
    className: 'HeunDiscreteScheduler',
    description: 'Precise; two calls of the UNet a step',
  },
  { name: 'dpm2', className: 'KDPM2DiscreteScheduler', description: 'Precise; two calls of the UNet a step' },
  {
    name: 'dpm2-a',
    className: 'KDPM2AncestralDiscreteScheduler',
    description: 'DPM2 that adds noise at each step: images change with the number of steps',
  },
  {
    name: 'dpmpp-sde',
    className: 'DPMSolverSDEScheduler',
    description: 'DPM++ SDE: good images in 10 to 15 steps of two calls of the UNet; adds noise at each step',
  },
  {
    name: 'dpmpp-sde-karras',
    className: 'DPMSolverSDEScheduler',
    config: KARRAS,
    description: 'DPM++ SDE Karras: with the noise levels of Karras et al.',
  },
  { name: 'lms', className: 'LMSDiscreteScheduler', description: 'Linear multistep method, 25 to 50 steps' },
  {
    name: 'lcm',
    className: 'LCMScheduler',
    description: 'For latent consistency models and LCM-LoRA, 1 to 8 steps',
  },
  {
    name: 'tcd',
    className: 'TCDScheduler',
    description: 'For TCD-LoRA and Hyper-SD, 1 to 8 steps; with eta above 0 it adds noise',
  },
  {
    name: 'ddpm',
    className: 'DDPMScheduler',
    description: 'What models are trained with: adds noise at each step, needs hundreds of them',
  },
  {
    name: 'edm-euler',
    className: 'EDMEulerScheduler',
    description: "For models in EDM's formulation, such as Playground 2.5",
  },
  {
    name: 'edm-dpmpp',
    className: 'EDMDPMSolverMultistepScheduler',
    description: "DPM++ 2M for models in EDM's formulation, 20 to 25 steps",
  },
  {
    name: 'ddim-inverse',
    className: 'DDIMInverseScheduler',
    description: 'From an image to its noise, by DDIM backwards; makes no images',
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
