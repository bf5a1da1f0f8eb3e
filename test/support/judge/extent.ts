import type { Mask } from './mask.js';

/** The first and last column and row a mask has pixels in. */
export interface Bounds {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export function boundsOf({ width, height, inside }: Mask): Bounds {
  const bounds = { left: width, right: 0, top: height, bottom: 0 };
  inside.forEach((value, i) => {
    if (!value) return;
    const x = i % width;
    const y = Math.floor(i / width);
    if (x < bounds.left) bounds.left = x;
    if (x > bounds.right) bounds.right = x;
    if (y < bounds.top) bounds.top = y;
    if (y > bounds.bottom) bounds.bottom = y;
  });
  return bounds;
}

export function areaOf({ inside }: Mask): number {
  return inside.reduce((sum, value) => sum + value, 0);
}

/** Mean place of a mask's pixels, in pixels. */
export function centroidOf(mask: Mask): [x: number, y: number] {
  let [x, y] = [0, 0];
  mask.inside.forEach((value, i) => {
    if (!value) return;
    x += i % mask.width;
    y += Math.floor(i / mask.width);
  });
  const area = areaOf(mask);
  return [x / area, y / area];
}
