import { InvalidArgumentError } from '../common/errors.js';
import { elementCount, type Generator } from './generator.js';

/**
 * diffusers' `randn_tensor`: one generator fills the batch; of several, each fills the row of its index.
 *
 * @param shape - batch first
 * @throws InvalidArgumentError when there are several generators, but not one for each row
 * @example
 * ```ts
 * const latents = randnTensor([2, 4, 64, 64], [new TorchGenerator(1), new TorchGenerator(2)]);
 * ```
 */
export function randnTensor(
  shape: readonly number[],
  generators: Generator | readonly Generator[],
): Float32Array {
  if (!isList(generators)) return generators.randn(shape);
  const [batch = 1, ...rest] = shape;
  if (generators.length !== batch) {
    throw new InvalidArgumentError(
      `Expected ${batch} generators, one for each row, but received ${generators.length}`,
    );
  }
  const values = new Float32Array(elementCount(shape));
  const each = elementCount(rest);
  generators.forEach((generator, row) => {
    values.set(generator.randn([1, ...rest]), row * each);
  });
  return values;
}

function isList(generators: Generator | readonly Generator[]): generators is readonly Generator[] {
  return Array.isArray(generators);
}
