import type { SchedulerConfig } from './samplers.js';

/** What an image was generated from; plain data, where a seed beyond 2^53 is a bigint. */
export interface GenerationParameters {
  prompt: string;
  negativePrompt?: string;
  numInferenceSteps?: number;
  guidanceScale?: number;
  /** How far the guided prediction was rescaled, 0 to 1. */
  guidanceRescale?: number;
  /** Share of the steps after which guidance began, 0 to 1. */
  guidanceStart?: number;
  /** Share of the steps after which guidance ended, 0 to 1. */
  guidanceEnd?: number;
  /**
   * The scheduler's diffusers class, such as "DPMSolverMultistepScheduler". In parameters of other programs, the name of
   * a sampler that diffusers lacks, such as "DPM fast".
   */
  scheduler?: string;
  /**
   * Overrides that build the scheduler from the model's config; keys are diffusers' in camelCase:
   * `DPMSolverMultistepScheduler.fromConfig(pipeline.scheduler.config, schedulerConfig)`. Pipelines give the keys that
   * select a sampler and schedule, and those whose values differ from the model's.
   */
  schedulerConfig?: SchedulerConfig;
  /** A schedule type of another program that `scheduler` lacks, such as "Polyexponential". */
  scheduleType?: string;
  /** η of DDIM, or of another program's ancestral sampler. */
  eta?: number;
  /** Undefined when the caller passed latents or a generator. */
  seed?: number | bigint;
  /** Source of noise: 'CPU' for torch's CPU generator, which this package reproduces; other programs also have others. */
  rng?: string;
  /** Number of images generated together from one `seed`. */
  batchSize?: number;
  /** The image's index in that batch, from 0. */
  batchIndex?: number;
  /** Pixels. */
  width?: number;
  /** Pixels. */
  height?: number;
  /** Name of the model, the last part of its id or folder. */
  model?: string;
  /** Number of the text encoder's last layers that were skipped, as diffusers counts: 1 is "Clip skip: 2" elsewhere. */
  clipSkip?: number;
  /** Whether brackets in the prompts were weights, as they always are in the web UI. */
  promptWeighting?: boolean;
  /** Whether prompts were encoded in chunks, as they always are in the web UI. */
  longPrompts?: boolean;
  /** Denoising strength of image-to-image, 0 to 1. */
  strength?: number;
  /** Precision of inference, such as "bf16"; another precision gives a slightly different image. */
  inferencePrecision?: string;
  /** Format of the weights, such as "int8". */
  weightFormat?: string;
  /** This package's version. */
  version?: string;
  /** Other fields by name, such as "Model hash", as text. */
  otherFields?: Readonly<Record<string, string>>;
}
