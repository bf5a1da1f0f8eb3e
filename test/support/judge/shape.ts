import type { Foreground } from './foreground.js';
import { areaOf, boundsOf, centroidOf } from './extent.js';
import { largestHole } from './mask.js';
import { profileDistance, radialProfile } from './radial-profile.js';
import { templates, type ShapeName } from './templates.js';

/** A hole this large, against the shape without it, makes a ring. */
const ringHole = 0.08;
/** Farther than this from every template a shape is none of them. */
const farthest = 0.09;

/** Which shape this is, whatever its size and turn; undefined for a blob that is like none of them. */
export function nameShape(foreground: Foreground): ShapeName | undefined {
  const { mask } = foreground;
  const area = areaOf(mask);
  const hole = largestHole(mask);
  const { shape, away } = rankShapes(foreground)[0]!;
  if (away > farthest) return undefined;
  return shape === 'circle' && hole > ringHole * (area + hole) ? 'ring' : shape;
}

/** The templates, nearest first. */
export function rankShapes(foreground: Foreground): { shape: ShapeName; away: number }[] {
  const profile = outline(foreground);
  return templates
    .map(({ shape, profile: template }) => ({ shape, away: profileDistance(profile, template) }))
    .sort((a, b) => a.away - b.away);
}

/** The mask's own radial profile, its edge found between pixels where the coverage falls through one half. */
function outline({ mask, coverage }: Foreground): ReturnType<typeof radialProfile> {
  const { width, height } = mask;
  const [cx, cy] = centroidOf(mask);
  const sample = (x: number, y: number): number => {
    const [x0, y0] = [Math.floor(x), Math.floor(y)];
    const [fx, fy] = [x - x0, y - y0];
    const at = (px: number, py: number): number =>
      px < 0 || py < 0 || px >= width || py >= height ? 0 : coverage[py * width + px]!;
    const upper = at(x0, y0) * (1 - fx) + at(x0 + 1, y0) * fx;
    const lower = at(x0, y0 + 1) * (1 - fx) + at(x0 + 1, y0 + 1) * fx;
    return upper * (1 - fy) + lower * fy;
  };
  // Nothing of the shape is farther from its centroid than its bounding box is long.
  const { left, right, top, bottom } = boundsOf(mask);
  const outside = Math.hypot(right - left, bottom - top) + 2;
  return radialProfile((cos, sin) => {
    for (let radius = outside; radius > 0; radius -= 0.25) {
      if (sample(cx + radius * cos, cy + radius * sin) >= 0.5) return radius;
    }
    return 0;
  });
}
