import { ShapeMismatchError } from '../common/errors.js';

/**
 * Converts a VAE's output to pixels as diffusers' `VaeImageProcessor.postprocess` does: denormalized from [-1, 1] to
 * [0, 1], clamped, scaled to [0, 255] and rounded half to even, each operation in float32.
 *
 * @param values - shape `[n, 3, height, width]`
 * @returns n images of shape `[height, width, 3]`, RGB, 8 bits a channel
 * @throws ShapeMismatchError when the shape is not `[n, 3, height, width]` or `values` has another length
 */
export function pixelsFromTensor(values: Float32Array, shape: readonly number[]): Uint8Array[] {
  const [n = 0, channels, height = 0, width = 0] = shape;
  if (shape.length !== 4 || channels !== 3) {
    throw new ShapeMismatchError(
      `Expected images of shape [n, 3, height, width] but received [${shape.join(', ')}]`,
    );
  }
  const size = 3 * height * width;
  if (values.length !== n * size) {
    throw new ShapeMismatchError(
      `Expected ${n * size} values for shape [${shape.join(', ')}] but received ${values.length}`,
    );
  }
  return Array.from({ length: n }, (_, i) => {
    const pixels = new Uint8Array(size);
    interleave(values.subarray(i * size, (i + 1) * size), pixels);
    return pixels;
  });
}

function interleave(planes: Float32Array, pixels: Uint8Array): void {
  // Storing into a clamped array clamps to [0, 255] and rounds half to even, both by definition (ToUint8Clamp).
  const clamped = new Uint8ClampedArray(pixels.buffer);
  const plane = pixels.length / 3;
  for (let channel = 0; channel < 3; channel++) {
    const offset = channel * plane;
    for (let i = 0; i < plane; i++) {
      const denormalized = Math.fround(planes[offset + i]! * 0.5 + 0.5);
      clamped[i * 3 + channel] = Math.fround(denormalized * 255);
    }
  }
}
