import { InferenceError, ModelLoadError } from '../common/errors.js';
import { areFinite } from '../common/finite.js';
import type { NetworkSource } from '../models/index.js';
import { Tensor, type PortShapes } from '../runtime/index.js';
import { Component } from './component.js';
import type { InferenceContext } from './inference.js';
import { LazyModel } from './lazy-model.js';
import { fixedDimension, requireOutput, requirePort } from './ports.js';
import type { RequiredMemory } from './required-memory.js';
import { ShapedModel, type CompileSettings } from './shaped-model.js';

/** An image as CLIP's vision model takes it. */
export interface SafetyCheckerInput {
  /** Shape [3, height, width]. */
  readonly data: Float32Array;
  readonly height: number;
  readonly width: number;
}

const INPUT = 'clip_input';
const SCORES = 'concept_scores';

/**
 * diffusers' StableDiffusionSafetyChecker: finds images that show what a model's makers want filtered. Its network is
 * read when it is first used or compiled, and computes in f32, whatever the others compute in: verdicts are compared
 * with thresholds of three decimals.
 *
 * @example
 * ```ts
 * const { safetyChecker } = pipeline.components;
 * console.log(safetyChecker ? 'images are checked' : 'images are not checked');
 * ```
 */
export class SafetyChecker extends Component<LazyModel> {
  /** How images are prepared: the model's preprocessor_config.json. */
  readonly preprocessorConfig: Readonly<Record<string, unknown>>;

  /**
   * @param preprocessorConfig - what the model's preprocessor_config.json says; without one, {}
   */
  constructor(
    source: NetworkSource,
    settings: CompileSettings,
    preprocessorConfig: Readonly<Record<string, unknown>> = {},
  ) {
    const properties = { ...settings.properties, INFERENCE_PRECISION_HINT: 'f32' as const };
    super(
      source,
      new LazyModel(settings.queue, async () => readNetwork(source, { ...settings, properties })),
    );
    this.preprocessorConfig = preprocessorConfig;
  }

  /** Reads the network, unless that is done, and compiles it for one image. */
  async compile(): Promise<void> {
    const model = await this.model.get();
    await model.compile(shapesOf(model));
  }

  /** What a check needs at least; without the weights before the network is read. */
  requiredMemory(): RequiredMemory {
    const { opened } = this.model;
    return {
      component: 'safety_checker',
      weights: opened?.weightBytes(shapesOf(opened)) ?? 0,
      activations: 0,
    };
  }

  /**
   * Whether an image is one to filter.
   *
   * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` for an image of another size than the network takes
   * @throws InferenceError `NUMERICS` when its scores are NaN
   */
  async check(image: SafetyCheckerInput, context: InferenceContext): Promise<boolean> {
    const model = await this.model.get();
    const [height, width] = sizeOf(model);
    if (image.height !== height || image.width !== width) {
      throw new ModelLoadError(
        'INCOMPATIBLE_COMPONENTS',
        `The safety checker in ${this.source.path} takes images of ${width} x ${height} pixels, but the model's ` +
          `preprocessor_config.json makes ${image.width} x ${image.height}`,
      );
    }
    const variant = await context.acquire(model, shapesOf(model));
    try {
      const { request } = variant;
      request.setInput(INPUT, new Tensor('f32', [1, 3, height, width], image.data));
      await context.run(variant);
      using scores = request.getOutput(SCORES);
      requireOutput(this.source.path, 'scores', scores, [1, undefined]);
      if (!areFinite(scores.data)) {
        throw new InferenceError('NUMERICS', `The safety checker in ${this.source.path} gave no numbers`);
      }
      return scores.data.some((score) => score > 0);
    } finally {
      variant.release();
    }
  }
}

async function readNetwork(source: NetworkSource, settings: CompileSettings): Promise<ShapedModel> {
  const model = await ShapedModel.read(source, settings);
  try {
    const { port } = requirePort(source.name, model.inputs, INPUT);
    requirePort(source.name, model.outputs, SCORES);
    if (fixedDimension(port, 2) !== undefined && fixedDimension(port, 3) !== undefined) return model;
    throw new ModelLoadError(
      'UNSUPPORTED',
      `Expected a safety checker of images of a fixed size, but ${source.path} takes ${JSON.stringify(port.shape)}`,
    );
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

/** Height and width of the images it takes. */
function sizeOf({ inputs }: ShapedModel): [number, number] {
  const { port } = requirePort('safety_checker', inputs, INPUT);
  return [fixedDimension(port, 2) ?? 0, fixedDimension(port, 3) ?? 0];
}

/** Images are checked one at a time, as they are decoded. */
function shapesOf(model: ShapedModel): PortShapes {
  return { [INPUT]: [1, 3, ...sizeOf(model)] };
}
