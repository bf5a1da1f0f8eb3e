/** Latents: `data` in row-major order of `shape` [images, channels, height / factor, width / factor]. */
export interface Latents {
  data: Float32Array;
  shape: readonly number[];
}

/** Whether a value has the form of latents; whether data and shape fit is checked where they are used. */
export function isLatents(value: unknown): value is Latents {
  return (
    typeof value === 'object' &&
    value !== null &&
    'data' in value &&
    value.data instanceof Float32Array &&
    'shape' in value &&
    Array.isArray(value.shape)
  );
}
