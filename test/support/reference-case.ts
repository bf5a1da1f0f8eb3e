import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { sharedCore, Tensor, type Model, type TypedArrayOf } from '../../lib/runtime/index.js';

export const FIXTURES = join(import.meta.dirname, '../fixtures/export');

interface Values {
  elementType: 'f32' | 'i64' | 'boolean';
  shape: number[];
  base64: string;
}

/** What a network was given, and what its diffusers or transformers class made of it. */
export interface ReferenceCase {
  inputs: Record<string, Values>;
  outputs: Record<string, Values>;
}

export async function readCase(...path: string[]): Promise<ReferenceCase> {
  return JSON.parse(await readFile(join(FIXTURES, ...path), 'utf8')) as ReferenceCase;
}

export function arrayOf({ elementType, base64 }: Values): TypedArrayOf['f32' | 'i64' | 'boolean'] {
  const { buffer } = Uint8Array.from(Buffer.from(base64, 'base64'));
  if (elementType === 'f32') return new Float32Array(buffer);
  return elementType === 'i64' ? new BigInt64Array(buffer) : new Uint8Array(buffer);
}

/** Runs the model in f32 on the case's inputs. */
export async function outputsOf(
  model: Model,
  { inputs }: ReferenceCase,
): Promise<Record<string, Float32Array | Uint8Array>> {
  await using compiled = await sharedCore().compileModel(model, {
    properties: { INFERENCE_PRECISION_HINT: 'f32' },
  });
  await using request = await compiled.createInferRequest();
  for (const [name, values] of Object.entries(inputs)) {
    request.setInput(name, new Tensor(values.elementType, values.shape, arrayOf(values)));
  }
  await request.infer();
  const outputs: Record<string, Float32Array | Uint8Array> = {};
  for (const { names } of model.outputs) {
    const name = names[0] ?? '';
    using output = request.getOutput(name);
    outputs[name] = (output.data as Float32Array | Uint8Array).slice();
  }
  return outputs;
}

/** |a - b| / |b| in the Euclidean norm; infinite where even the sizes differ. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    size += expected[i]! ** 2;
  }
  return Math.sqrt(difference / size);
}

/** The largest relative error among all outputs the case knows. */
export async function errorOf(model: Model, reference: ReferenceCase): Promise<number> {
  const outputs = await outputsOf(model, reference);
  const errors = Object.entries(reference.outputs).map(([name, values]) =>
    relativeError(outputs[name] ?? [], arrayOf(values) as Float32Array),
  );
  return Math.max(...errors);
}
