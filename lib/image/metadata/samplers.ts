/**
 * diffusers' scheduler classes under the names that AUTOMATIC1111's web UI gives samplers and schedule types (1.9 and
 * later keep the two apart), as far as both have them.
 *
 * @see https://huggingface.co/docs/diffusers/api/schedulers/overview
 */

/** Part of a scheduler's configuration; keys are diffusers' in camelCase. */
export type SchedulerConfig = Readonly<Record<string, unknown>>;

/** The keys that decide a sampler's or schedule type's name. Whoever writes parameters gives all of these. */
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
  /** The web UI's name; of a class it has not, the class's own. */
  readonly name: string;
  /** diffusers' class. */
  readonly scheduler: string;
  /** What makes a scheduler of that class this sampler. */
  readonly config: SchedulerConfig;
  /** Keys the class has for schedules: `sigmas` for Karras and the like, `spacing` for timesteps. */
  readonly has: readonly ('sigmas' | 'spacing')[];
  /** The web UI's schedule type when it says Automatic. Default: Uniform. */
  readonly automatic?: string;
  /** Spacing of a sampler for which the web UI has no choice. */
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

/** The first of a class has the class's usual configuration. */
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
  plain('LCM', 'LCMScheduler', { has: [], timestepSpacing: 'leading' }),
  plain('UniPC', 'UniPCMultistepScheduler', { has: ['sigmas'] }),
  plain('DEISMultistepScheduler', 'DEISMultistepScheduler', { has: ['sigmas'] }),
  plain('DPMSolverSinglestepScheduler', 'DPMSolverSinglestepScheduler', { has: ['sigmas'] }),
];

/** By schedule type, the first for a value being the one that is written: sigmas that replace the model's own. */
const sigmaSchedules = new Map([
  ['Karras', 'useKarrasSigmas'],
  ['Exponential', 'useExponentialSigmas'],
  ['Beta', 'useBetaSigmas'],
]);
/** Likewise, timesteps at which the model's own sigmas are taken. */
const spacingSchedules = new Map<string, SchedulerConfig>([
  ['Uniform', { timestepSpacing: 'linspace' }],
  ['Normal', { timestepSpacing: 'linspace' }],
  ['SGM Uniform', { timestepSpacing: 'trailing' }],
  ['Simple', { timestepSpacing: 'trailing' }],
  ['DDIM', { timestepSpacing: 'leading', stepsOffset: 1 }],
]);

/** A scheduler in the web UI's words. */
export interface SamplerNames {
  sampler: string;
  scheduleType?: string;
  /** What of the configuration the names do not say. */
  rest: SchedulerConfig;
}

/**
 * What the web UI calls a scheduler. A class, or a setting of one, for which it has no name keeps diffusers' class
 * name.
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

/** A scheduler as diffusers has it. */
export interface SamplerScheduler {
  /** diffusers' class; a sampler that diffusers has not, as it was named. */
  scheduler: string;
  /** A schedule type that the class has not, as it was named. */
  scheduleType?: string;
  /** What the names say of the configuration. */
  config: SchedulerConfig;
}

/** The scheduler behind the web UI's names, those of versions before 1.9 too ("DPM++ 2M Karras"). */
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
  // These have no name there.
  if (config.useLuLambdas === true || config.useFlowSigmas === true) return undefined;
  const bySigmas = [...sigmaSchedules].find(([, flag]) => config[flag] === true)?.[0];
  if (bySigmas !== undefined) return has.includes('sigmas') ? bySigmas : undefined;
  const bySpacing = [...spacingSchedules].find(([, said]) => includes(config, said))?.[0];
  return has.includes('spacing') ? bySpacing : undefined;
}

/** What a schedule type says of a sampler's configuration; undefined where the class has no such schedule. */
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
