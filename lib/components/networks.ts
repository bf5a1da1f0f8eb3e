/** The components, with the types of what their methods take and return: this folder's share of the public types. */
export { SafetyChecker, type SafetyCheckerInput } from './safety-checker.js';
export { TextEncoder } from './text-encoder.js';
export type { LatentSize } from './unet-config.js';
export { UNet, type UNetInputs, type UNetShape } from './unet.js';
export type { VaeConfig } from './vae-config.js';
export { VaeDecoder } from './vae-decoder.js';
export { VaeEncoder, type EncodedImage, type ImageSize } from './vae-encoder.js';
