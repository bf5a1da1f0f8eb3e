/**
 * torch's and numpy's random generators alone, without native code.
 *
 * @module openvino-diffusers/random
 */

export type { Seed } from './seed.js';
export type { Generator } from './generator.js';
export { NumpyGenerator } from './numpy-generator.js';
export { randnTensor } from './randn-tensor.js';
export { TorchGenerator } from './torch-generator.js';
