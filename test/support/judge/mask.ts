/** A picture of yes (1) and no (0). */
export interface Mask {
  width: number;
  height: number;
  inside: Uint8Array;
}

/** The connected part (by edges, not corners) with the most pixels. */
export function largestComponent(mask: Mask): Mask {
  const parts = components(mask, 1);
  const largest = parts.reduce((a, b) => (b.length > a.length ? b : a), []);
  const inside = new Uint8Array(mask.inside.length);
  for (const i of largest) inside[i] = 1;
  return { ...mask, inside };
}

/** Number of pixels in the largest hole: a part outside the mask that does not reach the picture's border. */
export function largestHole(mask: Mask): number {
  const { width, height } = mask;
  const isBorder = (i: number): boolean => {
    const x = i % width;
    return x === 0 || x === width - 1 || i < width || i >= width * (height - 1);
  };
  return Math.max(
    0,
    ...components(mask, 0)
      .filter((part) => !part.some(isBorder))
      .map((part) => part.length),
  );
}

/** Takes off the pixels along the edge. */
export function erode(mask: Mask): Mask {
  return {
    ...mask,
    inside: mask.inside.map((value, i) => (neighbours(mask, i).every((n) => mask.inside[n]) ? value : 0)),
  };
}

/** Adds the pixels along the edge. */
export function dilate(mask: Mask): Mask {
  return {
    ...mask,
    inside: mask.inside.map((value, i) => (neighbours(mask, i).some((n) => mask.inside[n]) ? 1 : value)),
  };
}

function components(mask: Mask, value: 0 | 1): number[][] {
  const { inside } = mask;
  const seen = new Uint8Array(inside.length);
  const parts: number[][] = [];
  for (let start = 0; start < inside.length; start++) {
    if (seen[start] || inside[start] !== value) continue;
    seen[start] = 1;
    const part = [start];
    // The part grows while it is walked along.
    for (const i of part) {
      for (const next of neighbours(mask, i)) {
        if (seen[next] || inside[next] !== value) continue;
        seen[next] = 1;
        part.push(next);
      }
    }
    parts.push(part);
  }
  return parts;
}

/** The pixels above, below, left and right, as far as the picture goes. */
function neighbours({ width, inside }: Mask, i: number): number[] {
  const x = i % width;
  const found: number[] = [];
  if (i >= width) found.push(i - width);
  if (i < inside.length - width) found.push(i + width);
  if (x > 0) found.push(i - 1);
  if (x < width - 1) found.push(i + 1);
  return found;
}
