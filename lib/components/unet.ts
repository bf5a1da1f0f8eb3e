import { ModelLoadError } from '../common/errors.js';
import { Tensor, type InferRequest, type Port, type PortShapes } from '../runtime/index.js';
import { Component } from './component.js';
import type { InferenceContext } from './inference.js';
import type { ModelSource } from '../models/loading/model-source.js';
import { fixedDimension, refuseOtherInputs, requirePort } from './ports.js';
import { ShapedModel, type CompileSettings } from './shaped-model.js';

/** The size of what one UNet call works on; latent height and width, not pixels. */
export interface UNetShape {
  /** Rows, guidance's doubling included. */
  batch: number;
  height: number;
  width: number;
  /** Tokens of a prompt. */
  tokens: number;
}

/** UNet2DConditionModel as optimum-intel exports it: sample, timestep and hidden states to a prediction. */
export class UNet extends Component {
  readonly inChannels: number;
  readonly crossAttentionDim: number;
  readonly #timestepShape: (batch: number) => number[];

  private constructor(
    model: ShapedModel,
    inChannels: number,
    crossAttentionDim: number,
    timestepShape: (batch: number) => number[],
  ) {
    super(model);
    this.inChannels = inChannels;
    this.crossAttentionDim = crossAttentionDim;
    this.#timestepShape = timestepShape;
  }

  /**
   * @param config - what unet/config.json says, for files whose ports leave it open
   * @throws ModelLoadError
   */
  static async read(
    source: ModelSource,
    settings: CompileSettings,
    config: { inChannels?: number | undefined; crossAttentionDim?: number | undefined } = {},
  ): Promise<UNet> {
    // Files ask for whole timesteps (i64), but some schedulers step through fractions, which diffusers passes on.
    const model = await ShapedModel.read(source, settings, { timestep: 'f32' });
    const { port: sample } = requirePort('UNet', model.inputs, 'sample');
    const { port: timestep } = requirePort('UNet', model.inputs, 'timestep');
    const { port: states } = requirePort('UNet', model.inputs, 'encoder_hidden_states');
    refuseOtherInputs('UNet', model.inputs, ['sample', 'timestep', 'encoder_hidden_states']);
    const inChannels = fixedDimension(sample, 1) ?? config.inChannels;
    const crossAttentionDim = fixedDimension(states, 2) ?? config.crossAttentionDim;
    if (inChannels === undefined || crossAttentionDim === undefined) {
      throw new ModelLoadError(
        'UNSUPPORTED',
        `Expected a UNet with fixed channels and text width, but ${source.name} has a sample of ${JSON.stringify(sample.shape)} and encoder_hidden_states of ${JSON.stringify(states.shape)}`,
      );
    }
    return new UNet(model, inChannels, crossAttentionDim, timestepShapes(timestep));
  }

  /** Whether this shape is compiled already. */
  has(shape: UNetShape | 'dynamic'): boolean {
    return this.model.has(this.#shapes(shape));
  }

  async compile(shape: UNetShape | 'dynamic'): Promise<void> {
    await this.model.variant(this.#shapes(shape));
  }

  /** Frees every compiled shape but this one. */
  async keepOnly(shape: UNetShape): Promise<void> {
    await this.model.keepOnly(this.#shapes(shape));
  }

  /**
   * Binds memory for a generation: the hidden states once, the sample and the timestep to be written each step.
   *
   * @param variant - the shapes the network is compiled for: `shape` itself, or 'dynamic'
   * @param states - shape [batch, tokens, crossAttentionDim]
   */
  async session(
    shape: UNetShape,
    variant: UNetShape | 'dynamic',
    states: Float32Array,
    context: InferenceContext,
  ): Promise<UNetSession> {
    const { request } = await context.wait(this.model.variant(this.#shapes(variant)));
    const { batch, height, width, tokens } = shape;
    const sample = new Float32Array(batch * this.inChannels * height * width);
    const timestepShape = this.#timestepShape(batch);
    const timestep = new Float32Array(timestepShape[0] ?? 1);
    request.setInput('sample', new Tensor('f32', [batch, this.inChannels, height, width], sample));
    request.setInput('timestep', new Tensor('f32', timestepShape, timestep));
    request.setInput(
      'encoder_hidden_states',
      new Tensor('f32', [batch, tokens, this.crossAttentionDim], states),
    );
    return new UNetSession(request, sample, timestep, context);
  }

  #shapes(shape: UNetShape | 'dynamic'): PortShapes {
    if (shape === 'dynamic') {
      return {
        sample: [-1, this.inChannels, -1, -1],
        timestep: this.#timestepShape(-1),
        encoder_hidden_states: [-1, -1, this.crossAttentionDim],
      };
    }
    return {
      sample: [shape.batch, this.inChannels, shape.height, shape.width],
      timestep: this.#timestepShape(shape.batch),
      encoder_hidden_states: [shape.batch, shape.tokens, this.crossAttentionDim],
    };
  }
}

/** Memory bound for one generation. */
export class UNetSession {
  /** What the next prediction reads: shape [batch, inChannels, height, width]. */
  readonly sample: Float32Array;
  readonly #request: InferRequest;
  readonly #timestep: Float32Array;
  readonly #context: InferenceContext;
  #output: Tensor<'f32'> | undefined;

  /** @internal */
  constructor(
    request: InferRequest,
    sample: Float32Array,
    timestep: Float32Array,
    context: InferenceContext,
  ) {
    this.#request = request;
    this.#context = context;
    this.sample = sample;
    this.#timestep = timestep;
  }

  /**
   * Runs the network on `sample` at this timestep.
   *
   * @returns the prediction, shape [batch, outChannels, height, width]; a view that the next call makes empty
   */
  async predict(timestep: number): Promise<Float32Array> {
    this.#timestep.fill(timestep);
    this.release();
    await this.#context.run(this.#request);
    this.#output = this.#request.getOutput(0);
    return this.#output.data;
  }

  /** Gives back what the last prediction lent. */
  release(): void {
    this.#output?.dispose();
    this.#output = undefined;
  }
}

/**
 * The shapes a timestep comes in: [] and [1] as they are, a fixed longer one filled, and [steps] as [1], which
 * broadcasts. Where the axis is free it is the number of timesteps, not of rows.
 */
function timestepShapes(port: Port): (batch: number) => number[] {
  const rank = port.shape?.length;
  if (rank === 0) return () => [];
  const fixed = fixedDimension(port, 0);
  return fixed !== undefined && fixed > 1 ? () => [fixed] : () => [1];
}
