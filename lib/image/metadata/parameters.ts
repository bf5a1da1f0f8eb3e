import type { SchedulerConfig } from './samplers.js';

/** What an image was generated from and with; plain and serializable, except that a large seed is a bigint. */
export interface GenerationParameters {
  prompt: string;
  negativePrompt?: string;
  numInferenceSteps?: number;
  guidanceScale?: number;
  /**
   * The scheduler's diffusers class, "DPMSolverMultistepScheduler". Of an image of another program it may be the name
   * of a sampler that diffusers does not have, "DPM fast".
   */
  scheduler?: string;
  /**
   * The scheduler's configuration, keys in camelCase: those that name a sampler ({@link SAMPLER_CONFIG_KEYS}), and those
   * in which it differs from what the model's own configuration gives a scheduler of this class. `fromConfig` takes it as
   * overrides: `DPMSolverMultistepScheduler.fromConfig(pipeline.scheduler.config, schedulerConfig)`.
   */
  schedulerConfig?: SchedulerConfig;
  /** The name of a schedule type of another program that no configuration of `scheduler` stands for, "Polyexponential". */
  scheduleType?: string;
  /** η of DDIM; of ancestral samplers in other programs. */
  eta?: number;
  /** Absent when the caller passed latents or a generator: no seed would generate the image again. */
  seed?: number | bigint;
  /** Where noise was drawn: 'CPU' for torch's generator on the CPU, which this package reproduces. */
  rng?: string;
  /** Images that were generated together from one seed, of which each but the first depends on those before it. */
  batchSize?: number;
  /** The image's place in the batch, from 0. */
  batchIndex?: number;
  /** Pixels. */
  width?: number;
  /** Pixels. */
  height?: number;
  /** Name of the model, the last part of its id or folder. */
  model?: string;
  /** How many of the text encoder's last layers were skipped, as diffusers counts: 1 where others say "Clip skip: 2". */
  clipSkip?: number;
  /** How much of an initial image was replaced, 0 to 1. */
  strength?: number;
  /** What networks computed in, "bf16"; images of another precision differ slightly. */
  inferencePrecision?: string;
  /** What weights were stored in, "int8". */
  weightFormat?: string;
  /** This package's version. */
  version?: string;
  /** Fields of other programs by their names in the text ("Model hash"), written back as they are. */
  otherFields?: Readonly<Record<string, string>>;
}
