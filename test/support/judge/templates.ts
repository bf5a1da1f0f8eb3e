import { radialProfile, type Profile } from './radial-profile.js';

export type ShapeName = 'circle' | 'square' | 'triangle' | 'star' | 'heart' | 'ring';
type Point = readonly [x: number, y: number];

/** The outlines people draw under each name; a ring's outline is a circle's, and its hole tells it apart. */
export const templates: readonly { shape: Exclude<ShapeName, 'ring'>; profile: Profile }[] = [
  { shape: 'circle', profile: profileOf(regular(60)) },
  { shape: 'square', profile: profileOf(regular(4)) },
  // Equilateral, and in a square.
  { shape: 'triangle', profile: profileOf(regular(3)) },
  {
    shape: 'triangle',
    profile: profileOf([
      [0, 0],
      [1, 0],
      [0.5, 1],
    ]),
  },
  // The pentagram, and stouter ones.
  { shape: 'star', profile: profileOf(star(0.382)) },
  { shape: 'star', profile: profileOf(star(0.45)) },
  { shape: 'star', profile: profileOf(star(0.52)) },
  { shape: 'heart', profile: profileOf(heart(0)) },
  { shape: 'heart', profile: profileOf(heart(3)) },
  { shape: 'heart', profile: profileOf(roundedHeart()) },
];

function regular(corners: number): Point[] {
  return Array.from({ length: corners }, (_, i) => onCircle(i / corners));
}

/** Five points; `inner` is the radius of the corners between them. */
function star(inner: number): Point[] {
  return Array.from({ length: 10 }, (_, i) => onCircle(i / 10, i % 2 === 0 ? 1 : inner));
}

/** The heart curve x = 16 sin³t, y = 13 cos t − 5 cos 2t − 2 cos 3t − cos 4t, its notch made shallower by `fill`. */
function heart(fill: number): Point[] {
  return Array.from({ length: 90 }, (_, i) => {
    const t = (2 * Math.PI * i) / 90;
    const y = 13 * Math.cos(t) - (5 - fill) * Math.cos(2 * t) - 2 * Math.cos(3 * t) - Math.cos(4 * t);
    return [16 * Math.sin(t) ** 3, y];
  });
}

/** A square on its corner, with a half circle on each of its upper sides. */
function roundedHeart(): Point[] {
  const lobe = (x: number, fromTurn: number): Point[] =>
    Array.from({ length: 31 }, (_, i) => {
      const [dx, dy] = onCircle(fromTurn + i / 60, Math.SQRT1_2);
      return [x + dx, 0.5 + dy];
    });
  return [[0, -1], ...lobe(0.5, -1 / 8), ...lobe(-0.5, 1 / 8)];
}

function onCircle(turn: number, radius = 1): Point {
  return [radius * Math.cos(2 * Math.PI * turn), radius * Math.sin(2 * Math.PI * turn)];
}

function profileOf(polygon: readonly Point[]): Profile {
  const edges = polygon.map((from, i) => [from, polygon[(i + 1) % polygon.length]!] as const);
  const [cx, cy] = centroid(edges);
  return radialProfile((cos, sin) => {
    // Where the ray meets each edge; the farthest counts, as in a picture.
    const hits = edges.map(([[x0, y0], [x1, y1]]) => {
      const [ex, ey] = [x1 - x0, y1 - y0];
      const cross = cos * ey - sin * ex;
      const along = ((x0 - cx) * ey - (y0 - cy) * ex) / cross;
      const onEdge = ((x0 - cx) * sin - (y0 - cy) * cos) / cross;
      return onEdge >= 0 && onEdge <= 1 && along > 0 ? along : 0;
    });
    return Math.max(...hits);
  });
}

function centroid(edges: readonly (readonly [Point, Point])[]): Point {
  let [area, x, y] = [0, 0, 0];
  for (const [[x0, y0], [x1, y1]] of edges) {
    const cross = x0 * y1 - x1 * y0;
    area += cross;
    x += (x0 + x1) * cross;
    y += (y0 + y1) * cross;
  }
  return [x / (3 * area), y / (3 * area)];
}
