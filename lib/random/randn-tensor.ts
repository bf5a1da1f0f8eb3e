import { isFloat32Array } from 'node:util/types';

import { InvalidArgumentError, ShapeMismatchError } from '../common/errors.js';
import { elementCount, type Generator } from './generator.js';

/**
 * diffusers' `randn_tensor`: one generator fills the batch; of several, each fills the row of its index.
 *
 * @param shape - batch first
 * @throws InvalidArgumentError when there are several generators, but not one for each row
 * @throws ShapeMismatchError when a generator returns anything but a Float32Array of as many numbers as it was asked for
 * @example
 * ```ts
 * const latents = randnTensor([2, 4, 64, 64], [new TorchGenerator(1), new TorchGenerator(2)]);
 * ```
 */
export function randnTensor(
  shape: readonly number[],
  generators: Generator | readonly Generator[],
): Float32Array {
  if (!isList(generators)) return draw(generators, shape);
  const [batch = 1, ...rest] = shape;
  if (generators.length !== batch) {
    throw new InvalidArgumentError(
      `Expected ${batch} generators, one for each row, but received ${generators.length}`,
    );
  }
  const values = new Float32Array(elementCount(shape));
  const each = elementCount(rest);
  generators.forEach((generator, row) => {
    values.set(draw(generator, [1, ...rest]), row * each);
  });
  return values;
}

/** Noise of another size would only show in the middle of a generation, or not at all. */
function draw(generator: Generator, shape: readonly number[]): Float32Array {
  const values: unknown = generator.randn(shape);
  const expected = elementCount(shape);
  // Not instanceof: a user's generator may be of another realm.
  if (isFloat32Array(values) && values.length === expected) return values;
  const received = isFloat32Array(values) ? `${values.length} elements` : typeof values;
  throw new ShapeMismatchError(
    `Expected a generator to return a Float32Array of ${expected} elements for shape [${shape.join(', ')}] but received ${received}`,
  );
}

function isList(generators: Generator | readonly Generator[]): generators is readonly Generator[] {
  return Array.isArray(generators);
}
