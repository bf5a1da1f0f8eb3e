export { InferenceContext } from './inference.js';
export { irSource, type ModelSource } from '../models/loading/model-source.js';
export type { CompileSettings } from './shaped-model.js';
export { TextEncoder } from './text-encoder.js';
export { UNet, UNetSession, type UNetShape } from './unet.js';
export { VaeDecoder, type LatentSize } from './vae-decoder.js';
export { VaeEncoder, type EncodedImage } from './vae-encoder.js';
