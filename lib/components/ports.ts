import { ModelLoadError } from '../common/errors.js';
import type { Port, Tensor } from '../runtime/index.js';

/** The input or output of one of these names, the first that is there. */
export function findPort(
  ports: readonly Port[],
  ...names: string[]
): { name: string; port: Port } | undefined {
  for (const name of names) {
    const port = ports.find((candidate) => candidate.names.includes(name));
    if (port) return { name, port };
  }
  return undefined;
}

/** @throws ModelLoadError `UNSUPPORTED` naming what the component lacks and what it has instead */
export function requirePort(
  component: string,
  ports: readonly Port[],
  ...names: string[]
): { name: string; port: Port } {
  const found = findPort(ports, ...names);
  if (found) return found;
  const present = ports.map((port) => port.names.join('/')).join(', ');
  throw new ModelLoadError(
    'UNSUPPORTED',
    `The ${component} has no port named ${names.map((name) => `'${name}'`).join(' or ')}; it has ${present}`,
  );
}

/** @throws ModelLoadError `UNSUPPORTED` for inputs this package does not know how to fill */
export function refuseOtherInputs(
  component: string,
  inputs: readonly Port[],
  known: readonly string[],
): void {
  const unknown = inputs.filter((port) => !port.names.some((name) => known.includes(name)));
  if (unknown.length === 0) return;
  throw new ModelLoadError(
    'UNSUPPORTED',
    `The ${component} needs inputs that this pipeline does not have: ${unknown.map((port) => port.names.join('/')).join(', ')}`,
  );
}

/**
 * Checks what a network gives: one whose files were changed may compute something else than its class promises.
 *
 * @param expected - undefined for sizes that are not known beforehand
 * @throws ModelLoadError `MODEL_CORRUPT`
 */
export function requireOutput(
  path: string,
  what: string,
  { elementType, shape }: Pick<Tensor, 'elementType' | 'shape'>,
  expected: readonly (number | undefined)[],
): void {
  const fits =
    elementType === 'f32' &&
    shape.length === expected.length &&
    expected.every((size, axis) => size === undefined || size === shape[axis]);
  if (fits) return;
  const sizes = expected.map((size) => size ?? '?').join(', ');
  throw new ModelLoadError(
    'MODEL_CORRUPT',
    `The network in ${path} gives ${what} of ${elementType} [${shape.join(', ')}], not f32 [${sizes}]`,
  );
}

/** A fixed dimension's size, or undefined where it is free. */
export function fixedDimension(port: Port, axis: number): number | undefined {
  const dimension = port.shape?.[axis];
  return typeof dimension === 'number' && dimension >= 0 ? dimension : undefined;
}
