import type { Prompt } from './prompt-embeds.js';
import { asyncDispose } from '../common/dispose-symbols.js';
import { raceAbort } from '../common/abort.js';
import { parseOptions, wrongValue } from '../common/options.js';
import type { GenerationDefaults, PretrainedModel, SaveExportOptions } from '../models/index.js';
import { Scheduler } from '../schedulers/index.js';
import { networksOf, precisionOf } from './components.js';
import { ExclusiveCalls } from './exclusive-calls.js';
import type { AnyGenerateOptions } from './any-generate-options.js';
import type { OutputType } from './generate-options.js';
import {
  mergedDefaults,
  parseGenerationDefaults,
  type CompleteGenerationDefaults,
  type FamilyDefaults,
} from './generation-defaults.js';
import type { GenerateResult } from './generate-result.js';
import { loadPretrained, loadSingleFile } from './load.js';
import { initSchema, type PipelineInit } from './pipeline-init.js';
import type { PipelineOptions, SingleFileOptions } from './pipeline-options.js';
import { compileNetworks, type CompileStep } from './compile-networks.js';
import type { CompileProgress } from './progress.js';
import { ReshapePolicy } from './reshape-policy.js';
import {
  parseCompileOptions,
  parseReshapeOptions,
  type CompileOptions,
  type ReshapeOptions,
  type StaticShape,
} from './reshape-options.js';
import { savePipeline } from './save-pipeline.js';

/**
 * What all pipelines have in common: components, a scheduler, calls that take turns, shapes, saving and disposal.
 * Pipelines hold components and may share them (`fromPipe`); a component is disposed with its last holder. Its own
 * `fromPretrained` picks the pipeline that a model is for.
 *
 * @example
 * ```ts
 * const pipeline = await OVDiffusionPipeline.fromPretrained('./some-model');
 * if (pipeline instanceof OVStableDiffusionInpaintPipeline) console.log('a model for inpainting');
 * const { images } = await pipeline.generate('a lighthouse', { image: 'photo.png', maskImage: 'mask.png' });
 * ```
 * @see https://huggingface.co/docs/diffusers/api/pipelines/overview — diffusers' `DiffusionPipeline`
 */
export abstract class OVDiffusionPipeline<
  Components extends { readonly model: PretrainedModel } = { readonly model: PretrainedModel },
> implements AsyncDisposable {
  /** The loaded components, by diffusers' names, with what follows from their configurations. */
  readonly components: Components;
  protected readonly shapes: ReshapePolicy;
  protected readonly calls: ExclusiveCalls;
  readonly #init: PipelineInit;
  #scheduler: Scheduler;
  #generationDefaults: GenerationDefaults;
  #disposal: Promise<void> | undefined;

  protected constructor(components: Components, scheduler: Scheduler, init: PipelineInit = {}) {
    if (!Scheduler.isScheduler(scheduler)) throw wrongValue('a Scheduler', 'scheduler', scheduler);
    this.#init = parseOptions(initSchema, init, 'a pipeline');
    this.components = components;
    this.#scheduler = scheduler;
    this.#generationDefaults = this.#init.generationDefaults ?? {};
    this.shapes = new ReshapePolicy(this.#init.strictShapes ?? false);
    const networks = networksOf(components);
    this.calls = new ExclusiveCalls(networks.map(({ queue }) => queue));
    for (const network of networks) network.retain();
  }

  /**
   * Loads a model as the pipeline that its model_index.json names, as optimum-intel's `OVDiffusionPipeline` does;
   * one whose UNet was trained to inpaint as the pipeline for inpainting.
   *
   * @param idOrFolder - a path, or an id such as 'org/name'
   * @throws HubError, SaveError, ModelLoadError, RuntimeNotFoundError, InvalidArgumentError
   * @example
   * ```ts
   * const pipeline = await OVDiffusionPipeline.fromPretrained('./stable-diffusion-v1-5');
   * pipeline instanceof OVStableDiffusionPipeline; // true
   * ```
   */
  static async fromPretrained(
    idOrFolder: string,
    options: PipelineOptions = {},
  ): Promise<OVDiffusionPipeline> {
    return loadPretrained<OVDiffusionPipeline>(undefined, idOrFolder, options);
  }

  /**
   * Loads an original checkpoint, one safetensors file, as the pipeline that its UNet is for.
   *
   * @throws ModelLoadError, RuntimeNotFoundError, InvalidArgumentError
   * @example
   * ```ts
   * const pipeline = await OVDiffusionPipeline.fromSingleFile('./model.safetensors');
   * ```
   */
  static async fromSingleFile(path: string, options: SingleFileOptions = {}): Promise<OVDiffusionPipeline> {
    return loadSingleFile<OVDiffusionPipeline>(undefined, path, options);
  }

  /**
   * Another pipeline over the same components and scheduler, reshaped as the first is: nothing is read or compiled
   * again.
   *
   * @param pipeline - goes on to work; what both hold is freed when both are disposed
   * @throws DisposedError; ModelLoadError `INCOMPATIBLE_COMPONENTS` where components are missing or unfit
   * @example
   * ```ts
   * const second = OVStableDiffusionPipeline.fromPipe(first);
   * ```
   */
  static fromPipe<Pipeline extends OVDiffusionPipeline, Components extends object>(
    this: new (components: Components, scheduler: Scheduler, init?: PipelineInit) => Pipeline,
    pipeline: OVDiffusionPipeline & { readonly components: Components },
    init?: PipelineInit,
  ): Pipeline {
    if (!(pipeline instanceof OVDiffusionPipeline)) throw wrongValue('a pipeline', 'pipeline', pipeline);
    pipeline.calls.requireOpen();
    const own = { ...pipeline.#init, generationDefaults: pipeline.#generationDefaults };
    const made = new this(pipeline.components, pipeline.scheduler, init ?? own);
    const { shape } = pipeline.shapes;
    if (shape) made.shapes.reshape(shape);
    return made;
  }

  /** The scheduler; each generation uses a copy of it, so one scheduler may serve several pipelines. */
  get scheduler(): Scheduler {
    return this.#scheduler;
  }

  /** @throws InvalidArgumentError for anything but a scheduler */
  set scheduler(scheduler: Scheduler) {
    if (!Scheduler.isScheduler(scheduler)) throw wrongValue('a Scheduler', 'scheduler', scheduler);
    this.#scheduler = scheduler;
  }

  /**
   * What `generate` uses where its options say nothing: what is set here or was given when the pipeline was loaded, else
   * the model's, by its kind (few-step models) or by what it was saved with, else diffusers'. Setting it replaces what
   * was set before; what it leaves out is the model's again.
   *
   * @example
   * ```ts
   * pipeline.generationDefaults; // { numInferenceSteps: 1, guidanceScale: 0, eta: 0 } for SD Turbo
   * pipeline.generationDefaults = { numInferenceSteps: 4 };
   * ```
   */
  get generationDefaults(): CompleteGenerationDefaults {
    return mergedDefaults(this.defaults, this.components.model.generationDefaults, this.#generationDefaults);
  }

  /** @throws InvalidArgumentError for anything but defaults */
  set generationDefaults(defaults: GenerationDefaults) {
    this.#generationDefaults = parseGenerationDefaults(defaults);
  }

  /** The precision that the networks compute in, as the device says; undefined before any is compiled. */
  get inferencePrecision(): string | undefined {
    return precisionOf(this.components);
  }

  /**
   * Makes the networks static for one shape, as optimum-intel's `reshape`, and compiles them: the UNet's batch is
   * batchSize × numImagesPerPrompt, doubled with guidance. May be called again, for another shape, at any time;
   * what was compiled for other shapes is freed.
   *
   * @returns this pipeline
   * @throws InvalidArgumentError, InferenceError, DisposedError; the signal's reason
   * @example
   * ```ts
   * await pipeline.reshape({ height: 512, width: 768 });
   * ```
   */
  async reshape(options: ReshapeOptions): Promise<this> {
    const { shape, ...compileOptions } = parseReshapeOptions(options, (wanted) => this.guides(wanted));
    this.requireShape(shape);
    return this.#compile(async () => {
      await this.keepOnly(shape);
      return [shape, this.compileSteps(shape)];
    }, compileOptions);
  }

  /**
   * Compiles now what the next `generate` would compile: the reshaped size, or networks for every size.
   *
   * @returns this pipeline
   * @throws InvalidArgumentError, InferenceError, DisposedError; the signal's reason
   */
  async compile(options: CompileOptions = {}): Promise<this> {
    return this.#compile(
      () => Promise.resolve([this.shapes.shape, this.compileSteps(this.shapes.shape)]),
      parseCompileOptions(options),
    );
  }

  /**
   * Writes the model in optimum-intel's layout, with the present scheduler and components, so that it loads without an
   * export here, in optimum-intel and in openvino-genai. The folder is complete or not there.
   *
   * @param target - a folder that is created, or with `overwrite` replaced
   * @throws SaveError when the target exists or cannot be written
   * @throws InvalidArgumentError, DisposedError
   * @throws the signal's reason when aborted
   */
  async savePretrained(target: string, options: SaveExportOptions = {}): Promise<void> {
    if (typeof target !== 'string' || target === '') throw wrongValue('a path', 'target', target);
    this.calls.requireOpen();
    const { components, className } = this;
    await savePipeline(components, this.#scheduler, className, target, options, this.#generationDefaults);
  }

  /**
   * Ends what runs, refuses what waits, and frees all memory that no other pipeline shares. Calls in progress reject
   * with DisposedError. Resolves when everything is freed.
   */
  async dispose(): Promise<void> {
    this.#disposal ??= this.#dispose();
    await this.#disposal;
  }

  /** `dispose()`, for `await using`. */
  async [asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /**
   * Generates images; each pipeline has its own options, and refuses those that it lacks.
   *
   * @throws InvalidArgumentError, ShapeMismatchError, InferenceError, DisposedError; the signal's reason
   */
  abstract generate<Output extends OutputType = 'image'>(
    prompt: Prompt,
    options?: AnyGenerateOptions & { outputType?: Output | undefined },
  ): Promise<GenerateResult<Output>>;

  /** What the family of models generates with. */
  protected abstract readonly defaults: FamilyDefaults;

  /** Its class as model_index.json names it when it is saved, diffusers' name without the OV before it. */
  protected abstract readonly className: string;

  /** @throws InvalidArgumentError for a shape that the model cannot take */
  protected abstract requireShape(shape: StaticShape): void;

  /** Whether a batch has an unconditional half, where `reshape` says so or says nothing. */
  protected abstract guides(wanted: boolean | undefined): boolean;

  /** The networks in the order they are compiled: for one shape, or for every shape. */
  protected abstract compileSteps(shape: StaticShape | undefined): readonly CompileStep[];

  /** Evicts what was compiled for other shapes. */
  protected abstract keepOnly(shape: StaticShape): Promise<void>;

  async #compile(
    plan: () => Promise<[StaticShape | undefined, readonly CompileStep[]]>,
    { onProgress, signal }: CompileOptions,
  ): Promise<this> {
    return this.calls.run(async (callSignal) => {
      // Evicting other shapes waits for compilations that an earlier call has abandoned.
      const [shape, steps] = await raceAbort(plan(), callSignal);
      const report = (progress: CompileProgress): void => {
        this.#init.onProgress?.(progress);
        onProgress?.(progress);
      };
      await compileNetworks(steps, report, callSignal);
      if (shape) this.shapes.reshape(shape);
      return this;
    }, signal);
  }

  async #dispose(): Promise<void> {
    await this.calls.dispose();
    await Promise.all(networksOf(this.components).map((network) => network.release()));
  }
}
