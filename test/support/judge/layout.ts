import { boundsOf, centroidOf } from './extent.js';
import type { Foreground } from './foreground.js';

export type SizeName = 'small' | 'large';
export type PlaceName = 'left' | 'right' | 'top' | 'bottom' | 'centre';

/** A shape whose longer side is at least this part of the picture's shorter one is large. */
const leastLarge = 0.42;
/** A shape whose centroid is off the middle by less than this part of the picture is in the centre. */
const centreReach = 0.09;

export function nameSize({ mask }: Foreground): SizeName {
  const { left, right, top, bottom } = boundsOf(mask);
  const longer = Math.max(right - left, bottom - top) + 1;
  return longer >= leastLarge * Math.min(mask.width, mask.height) ? 'large' : 'small';
}

export function namePlace({ mask }: Foreground): PlaceName {
  const [x, y] = centroidOf(mask);
  const right = (x + 0.5) / mask.width - 0.5;
  const down = (y + 0.5) / mask.height - 0.5;
  if (Math.hypot(right, down) < centreReach) return 'centre';
  if (Math.abs(right) >= Math.abs(down)) return right < 0 ? 'left' : 'right';
  return down < 0 ? 'top' : 'bottom';
}
