/** Latents: `data` in row-major order of `shape` [images, channels, height / factor, width / factor]. */
export interface Latents {
  data: Float32Array;
  shape: readonly number[];
}
