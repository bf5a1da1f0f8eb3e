import { ModelLoadError } from '../common/errors.js';
import type { NetworkSource } from '../models/index.js';
import { Tensor, type Port, type PortShapes } from '../runtime/index.js';
import { Component } from './component.js';
import type { InferenceContext } from './inference.js';
import { fixedDimension, refuseOtherInputs, requireOutput, requirePort } from './ports.js';
import type { RequiredMemory } from './required-memory.js';
import type { ShapePolicy } from './shape-policy.js';
import { ShapedModel, type CompileSettings } from './shaped-model.js';
import { readUNetConfig, type LatentSize } from './unet-config.js';
import { UNetSession } from './unet-session.js';

/** The shape of one UNet call; latent height and width, not pixels. */
export interface UNetShape extends LatentSize {
  /** Rows, the doubling by guidance included. */
  readonly batch: number;
  /** Tokens of a prompt. */
  readonly tokens: number;
}

/** Values of a UNet's inputs beside `sample` and `timestep`, by the names of its ports; f32, a row each. */
export type UNetInputs = Readonly<Record<string, Float32Array>>;

/** Inputs that every UNet has. */
const REQUIRED = ['sample', 'timestep', 'encoder_hidden_states'] as const;
/** Inputs that some have: LCM's guidance embedding, SDXL's pooled text and sizes. */
const OPTIONAL = ['timestep_cond', 'text_embeds', 'time_ids'] as const;

/**
 * UNet2DConditionModel as optimum-intel exports it: `sample`, `timestep`, `encoder_hidden_states` and, where the
 * network has them, `timestep_cond`, `text_embeds` and `time_ids`, to a prediction.
 *
 * @example
 * ```ts
 * const { unet, vaeScaleFactor } = pipeline.components;
 * const width = unet.sampleSize.width * vaeScaleFactor; // 512 for SD 1.5
 * ```
 */
export class UNet extends Component {
  /** Channels of `sample`: 4 for text to image, 9 for inpainting. */
  readonly inChannels: number;
  /** Channels of the prediction; 4 in Stable Diffusion. */
  readonly outChannels: number;
  /** Width of the hidden states it takes; 768 for SD 1.x. */
  readonly crossAttentionDim: number;
  /** The size it was trained on. */
  readonly sampleSize: LatentSize;
  readonly #timestepShape: readonly number[];
  readonly #levels: readonly number[];
  readonly #timeCondProjDim: number | undefined;

  private constructor(source: NetworkSource, model: ShapedModel) {
    super(source, model);
    const config = readUNetConfig(source);
    const { port: sample } = requirePort('unet', model.inputs, 'sample');
    const { port: timestep } = requirePort('unet', model.inputs, 'timestep');
    const { port: states } = requirePort('unet', model.inputs, 'encoder_hidden_states');
    refuseOtherInputs('unet', model.inputs, [...REQUIRED, ...OPTIONAL]);
    const inChannels = fixedDimension(sample, 1) ?? config.inChannels;
    const crossAttentionDim = fixedDimension(states, 2) ?? config.crossAttentionDim;
    if (inChannels === undefined || crossAttentionDim === undefined) {
      throw new ModelLoadError(
        'UNSUPPORTED',
        `Expected a UNet with fixed channels and text width, but ${source.path} has a sample of ` +
          `${JSON.stringify(sample.shape)} and encoder_hidden_states of ${JSON.stringify(states.shape)}`,
      );
    }
    const [output] = model.outputs;
    this.inChannels = inChannels;
    this.outChannels = (output && fixedDimension(output, 1)) ?? config.outChannels ?? inChannels;
    this.crossAttentionDim = crossAttentionDim;
    this.sampleSize = config.sampleSize;
    this.#levels = config.levels;
    this.#timeCondProjDim = config.timeCondProjDim;
    this.#timestepShape = timestepShape(timestep);
  }

  /** @throws ModelLoadError */
  static async read(source: NetworkSource, settings: CompileSettings): Promise<UNet> {
    // IR declares the timestep as i64; some schedulers' are fractional, so the port is compiled as f32.
    const model = await ShapedModel.read(source, settings, { timestep: 'f32' });
    try {
      return new UNet(source, model);
    } catch (error) {
      await model.dispose();
      throw error;
    }
  }

  /** Names of the optional inputs that this network has. */
  get optionalInputs(): readonly string[] {
    return OPTIONAL.filter((name) => this.model.inputs.some((port) => port.names.includes(name)));
  }

  /**
   * Width of `timestep_cond`, the embedded guidance scale that distilled UNets take in place of classifier-free guidance
   * (256 for LCM); undefined for a UNet without it.
   *
   * @throws ModelLoadError `UNSUPPORTED` where neither the network nor its config says the width
   */
  get guidanceEmbeddingWidth(): number | undefined {
    const port = this.model.inputs.find(({ names }) => names.includes('timestep_cond'));
    if (!port) return undefined;
    const width = fixedDimension(port, 1) ?? this.#timeCondProjDim;
    if (width !== undefined) return width;
    throw new ModelLoadError(
      'UNSUPPORTED',
      `Expected a timestep_cond of fixed width, or a time_cond_proj_dim in its config, for the UNet in ${this.source.path}`,
    );
  }

  /** Whether this shape is compiled already. */
  has(shape: UNetShape | 'dynamic'): boolean {
    return this.model.has(this.#shapes(shape));
  }

  /** Compiles the network for a shape, unless it is compiled already. */
  async compile(shape: UNetShape | 'dynamic'): Promise<void> {
    await this.model.compile(this.#shapes(shape));
  }

  /** Evicts every compiled shape but this one. */
  async keepOnly(shape: UNetShape): Promise<void> {
    await this.model.keepOnly(this.#shapes(shape));
  }

  /** What a call of this shape needs at least: weights, and the states that the way up takes as skips. */
  requiredMemory(shape: UNetShape, policy: ShapePolicy): RequiredMemory {
    const { batch, height, width } = shape;
    const states = this.#levels.reduce((sum, channels, level) => sum + (channels * 2) / 4 ** level, 0);
    return {
      component: 'unet',
      weights: this.model.weightBytes(this.#shapes(policy.select(shape))),
      activations: states * batch * height * width * this.model.elementBytes,
    };
  }

  /**
   * Binds memory for one generation: the inputs once, the sample and the timestep to be written at each step.
   *
   * @param inputs - `encoder_hidden_states` [batch, tokens, crossAttentionDim] and the network's optional inputs;
   * those that the network does not have are ignored
   * @throws ModelLoadError `UNSUPPORTED` where the network has an input without a value
   */
  async bind(
    shape: UNetShape,
    policy: ShapePolicy,
    inputs: UNetInputs,
    context: InferenceContext,
  ): Promise<UNetSession> {
    const values = this.#valuesFor(shape, inputs);
    const variant = await context.acquire(this.model, this.#shapes(policy.select(shape)));
    try {
      const { request } = variant;
      // Native memory, which the network reads without a copy at every step.
      const sample = new Tensor('f32', [shape.batch, this.inChannels, shape.height, shape.width]);
      const timestep = new Tensor('f32', this.#timestepShape);
      request.setInput('sample', sample);
      request.setInput('timestep', timestep);
      for (const [name, tensor] of values) request.setInput(name, tensor);
      return new UNetSession(variant, sample.data, timestep.data, context, (prediction) => {
        const { batch, height, width } = shape;
        requireOutput(this.source.path, 'a prediction', prediction, [batch, this.outChannels, height, width]);
      });
    } catch (error) {
      variant.release();
      throw error;
    }
  }

  #valuesFor(shape: UNetShape, inputs: UNetInputs): [string, Tensor][] {
    return this.#conditions().map(([name, port]) => {
      const data = inputs[name];
      if (data) return [name, nativeTensor(filledShape(this.#shapeOf(name, port, shape), data.length), data)];
      throw new ModelLoadError(
        'UNSUPPORTED',
        `The UNet in ${this.source.path} takes ${name}, which this pipeline does not have`,
      );
    });
  }

  /** All inputs but the sample and the timestep. */
  #conditions(): [string, Port][] {
    return [REQUIRED[2], ...this.optionalInputs].map((name) => [
      name,
      requirePort('unet', this.model.inputs, name).port,
    ]);
  }

  #shapeOf(name: string, port: Port, { batch, tokens }: Pick<UNetShape, 'batch' | 'tokens'>): number[] {
    if (name === 'encoder_hidden_states') return [batch, tokens, this.crossAttentionDim];
    const axes = port.shape?.slice(1) ?? [];
    return [batch, ...axes.map((_, axis) => fixedDimension(port, axis + 1) ?? -1)];
  }

  #shapes(shape: UNetShape | 'dynamic'): PortShapes {
    const { batch, height, width, tokens } =
      shape === 'dynamic' ? { batch: -1, height: -1, width: -1, tokens: -1 } : shape;
    const conditions = this.#conditions().map(
      ([name, port]) => [name, this.#shapeOf(name, port, { batch, tokens })] as const,
    );
    return {
      sample: [batch, this.inChannels, height, width],
      timestep: this.#timestepShape,
      ...Object.fromEntries(conditions),
    };
  }
}

/** A copy of the values in native memory: of a generation, not of each of its steps. */
function nativeTensor(shape: readonly number[], data: Float32Array): Tensor<'f32'> {
  const tensor = new Tensor('f32', shape);
  if (data.length !== tensor.data.length) return new Tensor('f32', shape, data);
  tensor.data.set(data);
  return tensor;
}

/** A shape whose free axis has the size that so many elements leave to it. */
function filledShape(shape: readonly number[], elements: number): number[] {
  const fixed = shape.reduce((product, size) => (size < 0 ? product : product * size), 1);
  return shape.map((size) => (size < 0 ? Math.floor(elements / fixed) : size));
}

/**
 * The shape of a timestep: [] and [1] as they are, a fixed longer one filled, and a dynamic one as [1], which
 * broadcasts. Where the axis is dynamic it is the number of timesteps, not of rows.
 */
function timestepShape(port: Port): readonly number[] {
  if (port.shape?.length === 0) return [];
  return [Math.max(1, fixedDimension(port, 0) ?? 1)];
}
