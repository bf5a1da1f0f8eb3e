import { InvalidArgumentError } from '../common/errors.js';
import { elementCount, type Generator } from './generator.js';

/**
 * diffusers' `randn_tensor`: one generator fills the whole batch; of several, each fills its own row.
 *
 * @param shape - the batch first
 * @throws InvalidArgumentError when there are several generators, but not one a row
 */
export function randnTensor(
  shape: readonly number[],
  generators: Generator | readonly Generator[],
): Float32Array {
  if (!isList(generators)) return generators.randn(shape);
  const [batch = 1, ...rest] = shape;
  if (generators.length !== batch) {
    throw new InvalidArgumentError(
      `Expected ${batch} generators, one a row, but received ${generators.length}`,
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
