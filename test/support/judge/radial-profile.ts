/** How many rays a profile has. */
export const rays = 120;

/** Distances from a shape's centroid to its edge, one a ray, on the scale where their root mean square is 1. */
export type Profile = Float64Array;

/** A profile from the distance of the edge along each ray. */
export function radialProfile(edgeAt: (cos: number, sin: number) => number): Profile {
  const radii = Float64Array.from({ length: rays }, (_, i) => {
    const angle = (2 * Math.PI * i) / rays;
    return edgeAt(Math.cos(angle), Math.sin(angle));
  });
  const scale = Math.sqrt(radii.reduce((sum, radius) => sum + radius * radius, 0) / rays);
  return radii.map((radius) => radius / scale);
}

/** Root mean square difference of two profiles, turned so that it is least. */
export function profileDistance(a: Profile, b: Profile): number {
  let least = Infinity;
  for (let turn = 0; turn < rays; turn++) {
    let sum = 0;
    for (let i = 0; i < rays; i++) sum += (a[i]! - b[(i + turn) % rays]!) ** 2;
    least = Math.min(least, sum);
  }
  return Math.sqrt(least / rays);
}
