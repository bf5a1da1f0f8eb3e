import { ModelLoadError } from '../common/errors.js';
import { wrongValue } from '../common/options.js';
import type { NetworkSource } from '../models/index.js';
import { Tensor, type ElementType, type InferRequest, type PortShapes } from '../runtime/index.js';
import { Component } from './component.js';
import type { InferenceContext } from './inference.js';
import { findPort, fixedDimension, refuseOtherInputs, requireOutput, requirePort } from './ports.js';
import { ShapedModel, type CompileSettings } from './shaped-model.js';

/** What a text encoder makes of one prompt for Stable Diffusion XL. */
export interface EncodedText {
  /** States of the layer asked for, without the final norm; shape [tokens, hiddenSize]. */
  readonly hiddenStates: Float32Array;
  /** The projected pooled states, shape [projectionDim]; undefined where the encoder has no projection. */
  readonly textEmbeds: Float32Array | undefined;
}

/**
 * Token ids to hidden states: CLIPTextModel and CLIPTextModelWithProjection as optimum-intel exports them.
 *
 * @example
 * ```ts
 * const { textEncoder, unet } = pipeline.components;
 * console.log(textEncoder.hiddenSize === unet.crossAttentionDim); // true; 768 for SD 1.x
 * ```
 */
export class TextEncoder extends Component {
  /** Width of the hidden states; 768 for SD 1.x. */
  readonly hiddenSize: number;
  /** Layers whose states are outputs, the embeddings included; 0 where only the last one's are. */
  readonly hiddenStateCount: number;
  /** Width of `text_embeds`; undefined where the encoder has no projection. */
  readonly projectionDim: number | undefined;
  readonly #idType: 'i32' | 'i64';

  private constructor(source: NetworkSource, model: ShapedModel, described: Description) {
    super(source, model);
    this.#idType = described.idType;
    this.hiddenSize = described.hiddenSize;
    this.hiddenStateCount = described.hiddenStateCount;
    this.projectionDim = described.projectionDim;
  }

  /** @throws ModelLoadError */
  static async read(source: NetworkSource, settings: CompileSettings): Promise<TextEncoder> {
    const model = await ShapedModel.read(source, settings);
    try {
      return new TextEncoder(source, model, describe(source, model));
    } catch (error) {
      await model.dispose();
      throw error;
    }
  }

  /** Compiles for `tokens` tokens of one prompt; prompts are encoded one at a time. */
  async compile(tokens: number): Promise<void> {
    await this.model.compile(this.#shapes(tokens));
  }

  /**
   * @param ids - shape [tokens]
   * @returns last hidden states, shape [tokens, hiddenSize]
   */
  async encode(ids: Int32Array, context: InferenceContext): Promise<Float32Array> {
    return this.#infer(ids, context, (request) =>
      this.#output(request, 'last_hidden_state', [1, ids.length, this.hiddenSize]),
    );
  }

  /**
   * Encodes as Stable Diffusion XL wants it: the states of an inner layer, and the pooled text where the encoder has it.
   *
   * @param ids - shape [tokens]
   * @param layer - counted from the end, 1 being the last
   * @throws InvalidArgumentError for a layer that the encoder does not have or give
   */
  async encodeLayer(ids: Int32Array, layer: number, context: InferenceContext): Promise<EncodedText> {
    const place = this.hiddenStateCount - layer;
    if (!Number.isInteger(place) || place < 0 || place >= this.hiddenStateCount) {
      throw wrongValue(`a whole number between 1 and ${this.hiddenStateCount}`, 'layer', layer);
    }
    return this.#infer(ids, context, (request) => ({
      hiddenStates: this.#output(request, `hidden_states.${place}`, [1, ids.length, this.hiddenSize]),
      textEmbeds:
        this.projectionDim === undefined
          ? undefined
          : this.#output(request, 'text_embeds', [1, this.projectionDim]),
    }));
  }

  async #infer<T>(
    ids: Int32Array,
    context: InferenceContext,
    read: (request: InferRequest) => T,
  ): Promise<T> {
    const variant = await context.acquire(this.model, this.#shapes(ids.length));
    try {
      const { request } = variant;
      const shape = [1, ids.length];
      request.setInput(
        'input_ids',
        this.#idType === 'i64'
          ? new Tensor('i64', shape, BigInt64Array.from(ids, BigInt))
          : new Tensor('i32', shape, ids),
      );
      await context.run(variant);
      return read(request);
    } finally {
      variant.release();
    }
  }

  /** A copy of an output: it is only lent. */
  #output(request: InferRequest, name: string, shape: readonly number[]): Float32Array {
    using output = request.getOutput(name);
    requireOutput(this.source.path, 'states', output, shape);
    return output.data.slice();
  }

  #shapes(tokens: number): PortShapes {
    return { input_ids: [1, tokens] };
  }
}

interface Description {
  readonly idType: 'i32' | 'i64';
  readonly hiddenSize: number;
  readonly hiddenStateCount: number;
  readonly projectionDim: number | undefined;
}

function describe(source: NetworkSource, model: ShapedModel): Description {
  const { port: ids } = requirePort(source.name, model.inputs, 'input_ids');
  const { port: hidden } = requirePort(source.name, model.outputs, 'last_hidden_state');
  refuseOtherInputs(source.name, model.inputs, ['input_ids']);
  const idType: ElementType = ids.elementType as ElementType;
  const hiddenSize = fixedDimension(hidden, 2);
  const embeds = findPort(model.outputs, 'text_embeds')?.port;
  if ((idType === 'i32' || idType === 'i64') && hiddenSize !== undefined) {
    return {
      idType,
      hiddenSize,
      hiddenStateCount: countHiddenStates(model),
      projectionDim: embeds && fixedDimension(embeds, 1),
    };
  }
  throw new ModelLoadError(
    'UNSUPPORTED',
    `Expected a text encoder from i32 or i64 ids to states of a fixed width, but ${source.path} has ids of ` +
      `${ids.elementType} and states of shape ${JSON.stringify(hidden.shape)}`,
  );
}

function countHiddenStates({ outputs }: ShapedModel): number {
  let count = 0;
  while (findPort(outputs, `hidden_states.${count}`)) count++;
  return count;
}
