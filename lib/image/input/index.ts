export {
  clipImageProcessorSchema,
  clipInput,
  type ClipImageProcessorConfig,
  type ClipInput,
} from './clip-preprocess.js';
export { cropRegion } from './crop-region.js';
export { gaussianBlur } from './gaussian-blur.js';
export { IMAGE_INPUT_DESCRIPTION, isImageInput, type ImageInput, type RawImageInput } from './image-input.js';
export { applyOverlay } from './overlay.js';
export { crop, toGrey, toRgb, transparencyOf, type Box, type Pixels } from './pixels.js';
export { maskedTensor, maskLatents, tensorFromPixels } from './preprocess.js';
export { MAX_IMAGE_PIXELS, readImage } from './read-image.js';
export { resize, RESIZE_MODES, type ResizeMode } from './resize-mode.js';
