import reference from '../fixtures/reference/vae_images.json' with { type: 'json' };
import { writeTensors, type StoredTensor, type StoredTensors } from './checkpoints.js';

/** The tensors of the VAE in the original layout that test/reference/make_vae_images.py generates an image with. */
export function originalVae(prefix = ''): StoredTensors {
  const shapes = Object.entries(reference.shapes);
  return new Map(shapes.map(([key, shape], place) => [prefix + key, fill(key, shape, place)]));
}

/** As a file on its own. */
export function writeOriginalVae(path: string, prefix = ''): Promise<string> {
  return writeTensors(path, originalVae(prefix));
}

/** The script's numbers. */
function fill(key: string, shape: readonly number[], place: number): StoredTensor {
  const isNorm = key.endsWith('.weight') && key.includes('norm');
  const rowSize = shape.slice(1).reduce((product, size) => product * size, 1);
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Float32Array.from({ length: count }, (_, i) => {
    let mixed = (Math.imul(i + 1, 2654435761) + (place + 1) * 40503) >>> 0;
    mixed = (mixed ^ (mixed >>> 15)) >>> 0;
    mixed = Math.imul(mixed, 2246822519) >>> 0;
    mixed = (mixed ^ (mixed >>> 13)) >>> 0;
    const centred = mixed / 2 ** 32 - 0.5;
    return shape.length === 1 ? centred / 8 + (isNorm ? 1 : 0) : (centred * 4) / Math.sqrt(rowSize);
  });
  return { dtype: 'F32', shape, data: new Uint8Array(values.buffer) };
}
