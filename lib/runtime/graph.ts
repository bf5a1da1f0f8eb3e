import type { AttributeValue, Dimension, ElementType, GraphOutput, TypedArrayOf } from './binding.js';
import { handleOf } from './handle.js';
import { binding } from './loading/load-binding.js';
import type { MappedFile } from './mapped-file.js';
import { Model } from './model.js';
import { native } from './native-errors.js';

export type { AttributeValue, GraphOutput } from './binding.js';

/** The set operations are taken from: the newest that every OpenVINO since 2023.3 reads. */
const OPERATION_SET = 'opset13';

/** An input of a network. */
export function parameter(elementType: ElementType, shape: readonly Dimension[], name: string): GraphOutput {
  return native(() => binding().graphParameter({ elementType, shape, name }));
}

/** A constant over a copy of `data`. */
export function constant<T extends ElementType>(
  elementType: T,
  shape: readonly number[],
  data: TypedArrayOf[T],
  name?: string,
): GraphOutput {
  return native(() => binding().graphConstant({ elementType, shape, data, name }));
}

/**
 * A constant over bytes of a mapped file, not copied.
 *
 * @throws ModelLoadError `MODEL_CORRUPT` when they lie outside the file
 */
export function mappedConstant(
  elementType: ElementType,
  shape: readonly number[],
  file: MappedFile,
  byteOffset: number,
  name?: string,
): GraphOutput {
  return native(() =>
    binding().graphConstant({ elementType, shape, file: handleOf(file), byteOffset, name }),
  );
}

/**
 * A node with one output.
 *
 * @throws InvalidArgumentError for an operation or attribute OpenVINO does not know
 * @throws InferenceError `OPENVINO` when the operation cannot take such inputs
 */
export function node(
  operation: string,
  inputs: readonly GraphOutput[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  name?: string,
): GraphOutput {
  const [output] = nodeOutputs(operation, inputs, attributes, name);
  return output!;
}

/** All outputs of a node. */
export function nodeOutputs(
  operation: string,
  inputs: readonly GraphOutput[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  name?: string,
): GraphOutput[] {
  return native(() =>
    binding().graphNode({ operation, inputs, attributes, operationSet: OPERATION_SET, name }),
  );
}

/**
 * A constant with the value of an output that depends on constants only, computed now.
 *
 * @throws InvalidArgumentError when it depends on anything else
 */
export function fold(output: GraphOutput, name?: string): GraphOutput {
  return native(() => binding().graphFold({ output, name }));
}

/** The constant in f32, its elements kept in their own smaller type as long as OpenVINO can. */
export function decompressed(weights: GraphOutput): GraphOutput {
  const converted = node('Convert', [weights], { destination_type: 'f32' });
  native(() => {
    binding().graphMarkDecompression(converted);
  });
  return converted;
}

/**
 * The network from its parameters to named results.
 *
 * @param runtimeInfo - values that are saved with it, each as [...path, value]
 */
export function model(
  parameters: readonly GraphOutput[],
  results: readonly { output: GraphOutput; names: readonly string[] }[],
  name: string,
  runtimeInfo: readonly (readonly string[])[] = [],
): Model {
  return Model.wrap(native(() => binding().graphModel({ parameters, results, name, runtimeInfo })));
}
