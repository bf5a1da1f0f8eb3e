import { afterAll } from 'vitest';

import { sharedCore, Tensor, type InferRequest, type Model } from '../../lib/runtime/index.js';
import { slow } from './small-models.js';

const open: InferRequest[] = [];

afterAll(async () => {
  await Promise.all(open.map((request) => request.dispose()));
});

/** A request over the model compiled in float32; disposed of when the tests have run. */
export async function request(model: Model): Promise<InferRequest> {
  const properties = { INFERENCE_PRECISION_HINT: 'f32' } as const;
  const compiled = await sharedCore().compileModel(model, { properties });
  const made = await compiled.createInferRequest();
  open.push(made);
  return made;
}

/** A request whose inference takes a while. */
export async function slowRequest(): Promise<InferRequest> {
  const made = await request(slow(512, 80));
  made.setInput('x', new Tensor('f32', [512, 512], new Float32Array(512 * 512).fill(0.5)));
  return made;
}
