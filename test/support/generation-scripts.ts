/** The image that every way of installing and running has to generate. */
export const request = { prompt: 'a large yellow star on a purple background', steps: 2, seed: 7 };

/** Prints the hash of an image's pixels. */
const program = (load: string): string => `${load}
const { createHash } = require('node:crypto');
async function main() {
  const pipeline = await OVStableDiffusionPipeline.fromPretrained(modelFolder, { inferencePrecision: 'f32' });
  const { images } = await pipeline.generate('${request.prompt}', {
    numInferenceSteps: ${request.steps}, seed: ${request.seed}, guidanceScale: 3, outputType: 'raw',
  });
  console.log(createHash('sha256').update(images[0].data).digest('hex'));
  await pipeline.dispose();
}
main();
`;
/** As files of an ES module and of CommonJS. */
export const scripts = {
  'script.mjs': program(`import { createRequire } from 'node:module';
import { OVStableDiffusionPipeline } from 'openvino-diffusers';
import { modelFolder } from '@openvino-diffusers/shapes';
const require = createRequire(import.meta.url);`),
  'script.cjs': program(`const { OVStableDiffusionPipeline } = require('openvino-diffusers');
const { modelFolder } = require('@openvino-diffusers/shapes');`),
};
