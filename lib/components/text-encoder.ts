import { ModelLoadError } from '../common/errors.js';
import { Tensor, type ElementType, type PortShapes } from '../runtime/index.js';
import { Component } from './component.js';
import type { InferenceContext } from './inference.js';
import type { ModelSource } from '../models/loading/model-source.js';
import { fixedDimension, refuseOtherInputs, requirePort } from './ports.js';
import { ShapedModel, type CompileSettings } from './shaped-model.js';

/** Token ids to hidden states; CLIPTextModel as optimum-intel exports it. */
export class TextEncoder extends Component {
  /** Width of the hidden states; 768 for SD 1.x. */
  readonly hiddenSize: number;
  readonly #idType: 'i32' | 'i64';

  private constructor(model: ShapedModel, idType: 'i32' | 'i64', hiddenSize: number) {
    super(model);
    this.#idType = idType;
    this.hiddenSize = hiddenSize;
  }

  /** @throws ModelLoadError */
  static async read(source: ModelSource, settings: CompileSettings): Promise<TextEncoder> {
    const model = await ShapedModel.read(source, settings);
    const { port: ids } = requirePort('text encoder', model.inputs, 'input_ids');
    const { port: hidden } = requirePort('text encoder', model.outputs, 'last_hidden_state');
    refuseOtherInputs('text encoder', model.inputs, ['input_ids']);
    const idType: ElementType = ids.elementType as ElementType;
    const hiddenSize = fixedDimension(hidden, 2);
    if ((idType !== 'i32' && idType !== 'i64') || hiddenSize === undefined) {
      throw new ModelLoadError(
        'UNSUPPORTED',
        `Expected a text encoder from i32 or i64 ids to states of a fixed width, but ${source.name} has ids of ${ids.elementType} and states of shape ${JSON.stringify(hidden.shape)}`,
      );
    }
    return new TextEncoder(model, idType, hiddenSize);
  }

  /** Compiles for `tokens` tokens of one prompt; the encoder is always run one prompt at a time. */
  async compile(tokens: number): Promise<void> {
    await this.model.variant(this.#shapes(tokens));
  }

  /**
   * @param ids - shape [tokens]
   * @returns last hidden states, shape [tokens, hiddenSize]
   */
  async encode(ids: Int32Array, context: InferenceContext): Promise<Float32Array> {
    const { request } = await context.wait(this.model.variant(this.#shapes(ids.length)));
    const shape = [1, ids.length];
    request.setInput(
      'input_ids',
      this.#idType === 'i64'
        ? new Tensor('i64', shape, BigInt64Array.from(ids, BigInt))
        : new Tensor('i32', shape, ids),
    );
    await context.run(request);
    using output = request.getOutput('last_hidden_state');
    return output.data.slice();
  }

  #shapes(tokens: number): PortShapes {
    return { input_ids: [1, tokens] };
  }
}
