import fc from 'fast-check';

import { OpenVINODiffusersError } from '../../../lib/index.js';
import { Core, graph, Tensor, type GraphOutput } from '../../../lib/runtime/index.js';
import { target } from '../target.js';
import { elements } from './elements.js';
import type { NodeOf, TensorArgument } from './graph-arguments.js';
import { graphOf, type GraphOf } from './graph-nodes.js';

/** A parameter of a graph with what is bound to it. */
interface Bound {
  readonly output: GraphOutput;
  readonly tensor: TensorArgument;
}

/** The longest side of a tensor whose dimensions are computed with. */
const MAX_SIDE = 9;

class Build {
  readonly parameters: Bound[] = [];
  readonly outputs: GraphOutput[] = [];
  readonly operations: string[] = [];

  /** Adds a node, or what it is refused with. */
  add({ operation, inputs, attributes }: NodeOf): OpenVINODiffusersError | undefined {
    try {
      const given = inputs.map((input) => this.#input(input));
      this.outputs.push(...graph.nodeOutputs(operation, given, attributes));
      this.operations.push(operation);
      return undefined;
    } catch (error) {
      if (error instanceof OpenVINODiffusersError) return error;
      throw error;
    }
  }

  #input(argument: NodeOf['inputs'][number]): GraphOutput {
    if ('output' in argument) {
      const made = this.outputs[argument.output % this.outputs.length];
      return made ?? this.#parameter({ as: 'parameter', type: 'f32', shape: [1], values: [1] });
    }
    if (argument.as === 'constant') return graph.constant(argument.type, argument.shape, elements(argument));
    if (argument.as === 'dimensions') return this.#dimensions(argument);
    return this.#parameter(argument);
  }

  #parameter(tensor: TensorArgument): GraphOutput {
    const shape = tensor.as === 'parameter' ? tensor.shape : tensor.shape.map(() => -1);
    const output = graph.parameter(tensor.type, shape, `x${this.parameters.length}`);
    this.parameters.push({ output, tensor });
    return output;
  }

  #dimensions({ shape, values, type }: TensorArgument): GraphOutput {
    const sides = values.map((value) => Math.min(Math.max(value || 0, 0), MAX_SIDE));
    const of = this.#parameter({ as: 'free dimensions', type: 'u8', shape: sides, values: [1] });
    const dimensions = graph.node('ShapeOf', [of], { output_type: type === 'i32' ? 'i32' : 'i64' });
    if (shape.length > 0) return dimensions;
    const zero = graph.constant('i64', [], new BigInt64Array(1));
    return graph.node('Gather', [dimensions, zero, zero], { batch_dims: 0 });
  }
}

async function compileAndInfer(
  core: Core,
  { nodes, shape, type }: GraphOf,
  at: (stage: string) => void,
): Promise<void> {
  const build = new Build();
  let refusal: OpenVINODiffusersError | undefined;
  for (const node of nodes) {
    at(`build ${node.operation}`);
    refusal = build.add(node) ?? refusal;
  }
  if (refusal && build.outputs.length === 0) throw refusal;
  const { parameters, outputs } = build;
  const operations = build.operations.join(', ');
  if (parameters.length === 0) {
    at(`fold ${operations}`);
    graph.fold(outputs.at(-1)!);
  }
  at(`compile ${operations}`);
  using model = graph.model(
    parameters.map(({ output }) => output),
    outputs.map((output, index) => ({ output, names: [`y${index}`] })),
    'graph',
  );
  const isChanged = parameters.length > 0;
  await using compiled = await core.compileModel(model, {
    ...(isChanged && shape ? { shapes: { x0: shape } } : {}),
    ...(isChanged && type ? { elementTypes: { x0: type } } : {}),
  });
  await using request = await compiled.createInferRequest();
  at(`infer ${operations}`);
  for (const [index, { tensor }] of parameters.entries()) {
    const bound = index > 0 ? tensor : { ...tensor, shape: shape ?? tensor.shape, type: type ?? tensor.type };
    request.setInput(index, new Tensor(bound.type, bound.shape, elements(bound)));
  }
  await request.infer();
  at(`infer again ${operations}`);
  await request.infer();
  for (const index of outputs.keys()) request.getOutput(index);
}

export const graphs = target<GraphOf>({
  name: 'graph',
  async prepare() {
    await Promise.resolve();
    const core = new Core();
    const x = { as: 'parameter', type: 'f32', shape: [2], values: [1, 2] } as const;
    return {
      inputs: fc.noBias(fc.integer()).map(graphOf),
      warmUp: () =>
        compileAndInfer(
          core,
          { nodes: [{ operation: 'Relu', inputs: [x], attributes: {} }] },
          () => undefined,
        ),
      run: (input, at) => compileAndInfer(core, input, at),
    };
  },
});
