/**
 * Maps diffusers' scheduler classes and configs to the samplers and schedule types of AUTOMATIC1111's web UI (two
 * separate fields since its version 1.9), and back.
 *
 * @see https://huggingface.co/docs/diffusers/api/schedulers/overview
 */

/** Part of a scheduler's configuration; keys are diffusers' in camelCase. */
export type SchedulerConfig = Readonly<Record<string, unknown>>;

/** The keys that select a sampler or schedule type. A complete `schedulerConfig` has all that the class has. */
export const SAMPLER_CONFIG_KEYS: readonly string[] = [
  'algorithmType',
  'solverOrder',
  'solverType',
  'skipPrkSteps',
  'useKarrasSigmas',
  'useExponentialSigmas',
  'useBetaSigmas',
  'useLuLambdas',
  'useFlowSigmas',
  'timestepSpacing',
];

interface Sampler {
  /** The web UI's name, or the class name where it has none. */
  readonly name: string;
  /** diffusers' class. */
  readonly scheduler: string;
  /** The config that makes the class this sampler. */
  readonly config: SchedulerConfig;
  /** Whether the class has keys for sigma schedules (`useKarrasSigmas`, …), and `timestepSpacing`. */
  readonly has: readonly ('sigmas' | 'spacing')[];
  /** The schedule type that "Automatic" means. Default: Uniform. */
  readonly automatic?: string;
  /** The fixed timestep spacing of a sampler without schedule types. */
  readonly timestepSpacing?: string;
}

const SIGMAS = ['sigmas', 'spacing'] as const;
const dpmSolver = (name: string, config: SchedulerConfig, automatic: string): Sampler => ({
  name,
  scheduler: 'DPMSolverMultistepScheduler',
  config,
  has: SIGMAS,
  automatic,
});
const plain = (name: string, scheduler: string, more: Partial<Sampler> = {}): Sampler => ({
  name,
  scheduler,
  config: {},
  has: SIGMAS,
  ...more,
});
const sde2 = { algorithmType: 'sde-dpmsolver++', solverOrder: 2 };

/** The first of a class has the class's default config. */
const samplers: readonly Sampler[] = [
  dpmSolver('DPM++ 2M', { algorithmType: 'dpmsolver++', solverOrder: 2, solverType: 'midpoint' }, 'Karras'),
  dpmSolver('DPM++ 2M SDE', { ...sde2, solverType: 'midpoint' }, 'Exponential'),
  dpmSolver('DPM++ 2M SDE Heun', { ...sde2, solverType: 'heun' }, 'Exponential'),
  dpmSolver('DPM++ 3M SDE', { algorithmType: 'sde-dpmsolver++', solverOrder: 3 }, 'Exponential'),
  plain('DPM++ SDE', 'DPMSolverSDEScheduler', { automatic: 'Karras' }),
  plain('Euler', 'EulerDiscreteScheduler'),
  plain('Euler a', 'EulerAncestralDiscreteScheduler', { has: ['spacing'] }),
  plain('LMS', 'LMSDiscreteScheduler'),
  plain('Heun', 'HeunDiscreteScheduler'),
  plain('DPM2', 'KDPM2DiscreteScheduler', { automatic: 'Karras' }),
  plain('DPM2 a', 'KDPM2AncestralDiscreteScheduler', { automatic: 'Karras' }),
  plain('DDIM', 'DDIMScheduler', { has: [], timestepSpacing: 'leading' }),
  plain('PLMS', 'PNDMScheduler', { has: [], timestepSpacing: 'leading', config: { skipPrkSteps: true } }),
  // The web UI's DDPM is k-diffusion's; diffusers' has a spacing.
  plain('DDPM', 'DDPMScheduler', { has: ['spacing'] }),
  plain('LCM', 'LCMScheduler', { has: [], timestepSpacing: 'leading' }),
  plain('TCD', 'TCDScheduler', { has: [], timestepSpacing: 'leading' }),
  plain('UniPC', 'UniPCMultistepScheduler', { has: ['sigmas'] }),
  plain('DEISMultistepScheduler', 'DEISMultistepScheduler', { has: ['sigmas'] }),
  plain('DPMSolverSinglestepScheduler', 'DPMSolverSinglestepScheduler', { has: ['sigmas'] }),
];

/** Schedule types that are sigma schedules, with their keys. */
const sigmaSchedules = new Map([
  ['Karras', 'useKarrasSigmas'],
  ['Exponential', 'useExponentialSigmas'],
  ['Beta', 'useBetaSigmas'],
]);
/** Schedule types that are timestep spacings; of several with the same config, the first is written. */
const spacingSchedules = new Map<string, SchedulerConfig>([
  ['Uniform', { timestepSpacing: 'linspace' }],
  ['Normal', { timestepSpacing: 'linspace' }],
  ['SGM Uniform', { timestepSpacing: 'trailing' }],
  ['Simple', { timestepSpacing: 'trailing' }],
  ['DDIM', { timestepSpacing: 'leading', stepsOffset: 1 }],
]);

/** A scheduler by the web UI's names. */
export interface SamplerNames {
  sampler: string;
  scheduleType?: string;
  /** The part of the config that the names do not imply. */
  rest: SchedulerConfig;
}

/**
 * The web UI's names of a scheduler. A class or config that the web UI lacks keeps diffusers' class name.
 *
 * @param config - its configuration, {@link SAMPLER_CONFIG_KEYS} at least; a key that is missing has its usual value
 */
export function samplerNames(scheduler: string, config: SchedulerConfig | undefined): SamplerNames {
  const given = config ?? {};
  const ofClass = samplers.filter((sampler) => sampler.scheduler === scheduler);
  const complete = { ...ofClass[0]?.config, ...given };
  const found = ofClass.find((sampler) => includes(complete, sampler.config));
  if (!found) return { sampler: scheduler, rest: given };
  const scheduleType = config && scheduleTypeOf(found, config);
  const said = { ...found.config, ...scheduleConfig(found, scheduleType) };
  return {
    sampler: found.name,
    ...(scheduleType !== undefined && { scheduleType }),
    rest: Object.fromEntries(Object.entries(given).filter(([key, value]) => said[key] !== value)),
  };
}

/** A scheduler by diffusers' class and config. */
export interface SamplerScheduler {
  /** diffusers' class, or the name of a sampler that diffusers lacks. */
  scheduler: string;
  /** The name of a schedule type that the class lacks. */
  scheduleType?: string;
  /** The config that the names imply. */
  config: SchedulerConfig;
}

/** The scheduler of the web UI's names; before version 1.9 the schedule was part of the sampler: "DPM++ 2M Karras". */
export function schedulerOfSampler(name: string, scheduleType: string | undefined): SamplerScheduler {
  const found = samplers.find((sampler) => sampler.name === name);
  if (found) {
    const said = scheduleConfig(found, scheduleType);
    const isUnknown = scheduleType !== undefined && !said;
    return {
      scheduler: found.scheduler,
      ...(isUnknown && { scheduleType }),
      config: { ...found.config, ...(said ?? spacingOf(found)) },
    };
  }
  for (const suffix of scheduleType === undefined ? ['Karras', 'Exponential'] : []) {
    const short = name.endsWith(` ${suffix}`) && name.slice(0, -suffix.length - 1);
    if (samplers.some((sampler) => sampler.name === short))
      return schedulerOfSampler(short as string, suffix);
  }
  return { scheduler: name, ...(scheduleType !== undefined && { scheduleType }), config: {} };
}

function scheduleTypeOf({ has }: Sampler, config: SchedulerConfig): string | undefined {
  // The web UI has no names for these.
  if (config.useLuLambdas === true || config.useFlowSigmas === true) return undefined;
  const bySigmas = [...sigmaSchedules].find(([, flag]) => config[flag] === true)?.[0];
  if (bySigmas !== undefined) return has.includes('sigmas') ? bySigmas : undefined;
  const bySpacing = [...spacingSchedules].find(([, said]) => includes(config, said))?.[0];
  return has.includes('spacing') ? bySpacing : undefined;
}

/** The config that a schedule type implies; undefined where the class lacks it. */
function scheduleConfig(sampler: Sampler, type: string | undefined): SchedulerConfig | undefined {
  const resolved = type === 'Automatic' ? automaticOf(sampler) : type;
  if (resolved === undefined) return spacingOf(sampler);
  const sigmas = sigmaSchedules.get(resolved);
  const flags = Object.fromEntries([...sigmaSchedules.values()].map((key) => [key, key === sigmas]));
  const own = sampler.has.includes('sigmas') ? flags : {};
  if (sigmas !== undefined) {
    if (!sampler.has.includes('sigmas')) return undefined;
    return sampler.has.includes('spacing') ? { ...own, timestepSpacing: 'linspace' } : own;
  }
  const spacing = spacingSchedules.get(resolved);
  return spacing && sampler.has.includes('spacing') ? { ...own, ...spacing } : undefined;
}

function automaticOf({ automatic, has }: Sampler): string | undefined {
  return automatic ?? (has.includes('spacing') ? 'Uniform' : undefined);
}

function spacingOf({ timestepSpacing }: Sampler): SchedulerConfig {
  return timestepSpacing === undefined ? {} : { timestepSpacing };
}

function includes(config: SchedulerConfig, wanted: SchedulerConfig): boolean {
  return Object.entries(wanted).every(([key, value]) => config[key] === value);
}
