import { basename, dirname, resolve } from 'node:path';

import type { GenerationDefaults } from './generation-defaults.js';
import { pipelineClassOf } from './layout.js';
import { findNetwork, type PretrainedModel } from './pretrained-model.js';

/** A kind of model that is generated with in few steps. */
export interface ModelKind {
  readonly defaults: GenerationDefaults;
  /** The scheduler for it, for checkpoints, which name none. */
  readonly schedulerConfig?: Readonly<Record<string, unknown>>;
}

/** What a kind is recognised by. */
interface Facts {
  /** Its id's or folder's last part, and those that its configs say it came from; in lower case. */
  readonly names: readonly string[];
  readonly isXl: boolean;
  readonly unet: Readonly<Record<string, unknown>>;
  readonly vaeClass: unknown;
  /** The model's own, whatever scheduler it is loaded with. */
  readonly scheduler: Readonly<Record<string, unknown>>;
}

/** Returns the kind, or undefined for a model that is not of it. */
type Recognition = (facts: Facts) => ModelKind | undefined;

/** One step without guidance (adversarial diffusion distillation, https://arxiv.org/abs/2311.17042). */
const ONE_STEP = { numInferenceSteps: 1, guidanceScale: 0 } as const;
const TRAILING = { timestep_spacing: 'trailing' } as const;

/**
 * By names only where nothing else identifies it: a fine-tune of Stable Diffusion 2.1 may have SD Turbo's config to the letter.
 * None may match a model that wants steps and guidance.
 */
const RECOGNITIONS: readonly Recognition[] = [
  sdxlTurbo,
  sdTurbo,
  sdxs,
  lightning,
  hyperSd,
  guided,
  consistency,
];

/**
 * The kind of a few-step model, or undefined for any other.
 *
 * @see docs/models.md for the table of what is recognised, and how
 */
export async function modelKindOf(model: PretrainedModel): Promise<ModelKind | undefined> {
  const { index, networks } = model;
  const unet = findNetwork(model, 'unet')?.config ?? {};
  const vae = networks.find(({ name }) => name === 'vae_decoder')?.config;
  const facts: Facts = {
    names: [model.name, model.path, index._name_or_path, unet._name_or_path].flatMap(namesOf),
    isXl: pipelineClassOf(index).startsWith('StableDiffusionXL'),
    unet,
    vaeClass: vae?._class_name ?? (Array.isArray(index.vae) ? index.vae[1] : undefined),
    scheduler: await model.schedulerConfig().catch(() => ({})),
  };
  for (const recognise of RECOGNITIONS) {
    const kind = recognise(facts);
    if (kind) return kind;
  }
  return undefined;
}

/** The last part of an id or a path; of a folder in the hub's cache that of its id, of a component's its model's. */
function namesOf(name: unknown): string[] {
  if (typeof name !== 'string' || name === '') return [];
  const path = resolve(name);
  const cached = /models--[^/\\]+--([^/\\]+)[/\\]snapshots[/\\]/.exec(path)?.[1];
  const own = basename(path) === 'unet' ? basename(dirname(path)) : basename(path);
  return [cached ?? own].map((part) => part.toLowerCase());
}

/** Whether a name has these words, between others or at its ends. */
function isNamed({ names }: Facts, words: RegExp): boolean {
  return names.some((name) => new RegExp(`(^|[^a-z0-9])(${words.source})([^a-z0-9]|$)`).test(name));
}

/** stabilityai/sdxl-turbo: of all models of XL the one of 512 pixels with this scheduler. */
function sdxlTurbo(facts: Facts): ModelKind | undefined {
  const { isXl, unet, scheduler } = facts;
  if (!isXl) return undefined;
  const is512 = unet.sample_size === 64 && String(unet.block_out_channels) === '320,640,1280';
  const isAncestral =
    scheduler._class_name === 'EulerAncestralDiscreteScheduler' && scheduler.timestep_spacing === 'trailing';
  if (!isNamed(facts, /sd[-_]?xl[-_]turbo|sd_xl_turbo_1\.0/) && !(is512 && isAncestral)) return undefined;
  return {
    defaults: ONE_STEP,
    schedulerConfig: { ...TRAILING, _class_name: 'EulerAncestralDiscreteScheduler' },
  };
}

/** stabilityai/sd-turbo */
function sdTurbo(facts: Facts): ModelKind | undefined {
  if (facts.isXl || !isNamed(facts, /sd[-_]turbo/)) return undefined;
  // The checkpoint is of Stable Diffusion 2.1's architecture, but predicts noise.
  const schedulerConfig = {
    ...TRAILING,
    _class_name: 'EulerDiscreteScheduler',
    prediction_type: 'epsilon',
  };
  return { defaults: ONE_STEP, schedulerConfig };
}

/** IDKiro/sdxs-512-…: no block in the middle, no attention at the largest level, and a tiny VAE. */
function sdxs(facts: Facts): ModelKind | undefined {
  const { unet, vaeClass, isXl } = facts;
  const hasBlocks =
    unet.mid_block_type === null &&
    String(unet.down_block_types) === 'DownBlock2D,CrossAttnDownBlock2D,CrossAttnDownBlock2D';
  if (isXl || !(isNamed(facts, /sdxs-512/) || (hasBlocks && vaeClass === 'AutoencoderTiny')))
    return undefined;
  return { defaults: ONE_STEP };
}

/** ByteDance/SDXL-Lightning, whose checkpoints are named by their steps (https://arxiv.org/abs/2402.13929). */
function lightning({ names, isXl }: Facts): ModelKind | undefined {
  const steps = stepsIn(names, /sdxl[-_]lightning[-_](\d)[-_]?steps?/);
  if (!isXl || steps === undefined) return undefined;
  const predictionType = steps === 1 ? { prediction_type: 'sample' } : {};
  return {
    defaults: { numInferenceSteps: steps, guidanceScale: 0 },
    schedulerConfig: { ...TRAILING, ...predictionType, _class_name: 'EulerDiscreteScheduler' },
  };
}

/** ByteDance/Hyper-SD (https://arxiv.org/abs/2404.13686), but for those for guidance, whose names say CFG. */
function hyperSd({ names }: Facts): ModelKind | undefined {
  const without = names.filter((name) => !name.includes('cfg'));
  const steps = stepsIn(without, /hyper[-_]?sd[a-z0-9]*(?:[-_]sdxl)?[-_](\d)[-_]?steps?/);
  return steps === undefined ? undefined : { defaults: { numInferenceSteps: steps, guidanceScale: 0 } };
}

/** Latent consistency models of XL, such as latent-consistency/lcm-sdxl: the UNet takes the guidance scale. */
function guided({ unet, isXl, scheduler }: Facts): ModelKind | undefined {
  const isGuided = typeof unet.time_cond_proj_dim === 'number';
  if (!isXl || !isGuided || scheduler._class_name !== 'LCMScheduler') return undefined;
  return { defaults: { numInferenceSteps: 4, guidanceScale: 8 } };
}

/** Models with an LCM-LoRA or a TCD-LoRA fused into them: no other has such a scheduler of its own. */
function consistency({ unet, scheduler }: Facts): ModelKind | undefined {
  if (typeof unet.time_cond_proj_dim === 'number') return undefined;
  if (scheduler._class_name === 'LCMScheduler') {
    return { defaults: { numInferenceSteps: 4, guidanceScale: 1 } };
  }
  if (scheduler._class_name !== 'TCDScheduler') return undefined;
  return { defaults: { numInferenceSteps: 4, guidanceScale: 0, eta: 0.3 } };
}

function stepsIn(names: readonly string[], pattern: RegExp): number | undefined {
  const [found] = names.flatMap((name) => pattern.exec(name)?.[1] ?? []);
  return found === undefined || found === '0' ? undefined : Number(found);
}
