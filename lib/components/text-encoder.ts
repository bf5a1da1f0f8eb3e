import { ModelLoadError } from '../common/errors.js';
import type { NetworkSource } from '../models/index.js';
import { Tensor, type ElementType, type PortShapes } from '../runtime/index.js';
import { Component } from './component.js';
import type { InferenceContext } from './inference.js';
import { fixedDimension, refuseOtherInputs, requireOutput, requirePort } from './ports.js';
import { ShapedModel, type CompileSettings } from './shaped-model.js';

/**
 * Token ids to hidden states: CLIPTextModel as optimum-intel exports it.
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
  readonly #idType: 'i32' | 'i64';

  private constructor(
    source: NetworkSource,
    model: ShapedModel,
    { idType, hiddenSize }: { idType: 'i32' | 'i64'; hiddenSize: number },
  ) {
    super(source, model);
    this.#idType = idType;
    this.hiddenSize = hiddenSize;
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
      using output = request.getOutput('last_hidden_state');
      requireOutput(this.source.path, 'states', output, [1, ids.length, this.hiddenSize]);
      return output.data.slice();
    } finally {
      variant.release();
    }
  }

  #shapes(tokens: number): PortShapes {
    return { input_ids: [1, tokens] };
  }
}

function describe(source: NetworkSource, model: ShapedModel): { idType: 'i32' | 'i64'; hiddenSize: number } {
  const { port: ids } = requirePort(source.name, model.inputs, 'input_ids');
  const { port: hidden } = requirePort(source.name, model.outputs, 'last_hidden_state');
  refuseOtherInputs(source.name, model.inputs, ['input_ids']);
  const idType: ElementType = ids.elementType as ElementType;
  const hiddenSize = fixedDimension(hidden, 2);
  if ((idType === 'i32' || idType === 'i64') && hiddenSize !== undefined) return { idType, hiddenSize };
  throw new ModelLoadError(
    'UNSUPPORTED',
    `Expected a text encoder from i32 or i64 ids to states of a fixed width, but ${source.path} has ids of ` +
      `${ids.elementType} and states of shape ${JSON.stringify(hidden.shape)}`,
  );
}
