import type { Box, Pixels } from './pixels.js';

/**
 * The part of an image around what a mask covers, enlarged by a margin and then to the aspect ratio of the size it is
 * processed at; diffusers' `VaeImageProcessor.get_crop_region`.
 *
 * @param mask - grey
 * @param padding - margin in pixels
 * @returns undefined for a mask that covers nothing
 */
export function cropRegion(
  mask: Pixels,
  size: { readonly width: number; readonly height: number },
  padding: number,
): Box | undefined {
  const covered = coveredBox(mask);
  if (!covered) return undefined;
  const left = Math.max(covered.left - padding, 0);
  const top = Math.max(covered.top - padding, 0);
  const right = Math.min(covered.right + padding, mask.width);
  const bottom = Math.min(covered.bottom + padding, mask.height);
  const ratio = size.width / size.height;
  if ((right - left) / (bottom - top) > ratio) {
    const [start, end] = enlarged(
      top,
      bottom,
      Math.trunc((right - left) / ratio - (bottom - top)),
      mask.height,
    );
    return { left, top: start, right, bottom: end };
  }
  const [start, end] = enlarged(left, right, Math.trunc((bottom - top) * ratio - (right - left)), mask.width);
  return { left: start, top, right: end, bottom };
}

/** A range made longer on both sides, moved to lie within `limit`, and cut where it is longer than that. */
function enlarged(start: number, end: number, by: number, limit: number): [number, number] {
  let first = start - Math.floor(by / 2);
  let last = end + by - Math.floor(by / 2);
  if (last >= limit) {
    first -= last - limit;
    last = limit;
  }
  if (first < 0) {
    last -= first;
    first = 0;
  }
  return [first, Math.min(last, limit)];
}

function coveredBox({ data, width, height }: Pixels): Box | undefined {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let i = 0; i < data.length; i++) {
    if (data[i] === 0) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, y);
    bottom = y + 1;
  }
  return right > 0 ? { left, top, right, bottom } : undefined;
}
