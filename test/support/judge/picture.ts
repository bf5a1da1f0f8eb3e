/** Bare pixels of any size: RGB, row by row, 8 bits a channel. */
export interface Picture {
  width: number;
  height: number;
  data: Uint8Array;
}

export type Rgb = readonly [red: number, green: number, blue: number];

export function pixelAt({ data }: Picture, index: number): Rgb {
  return [data[index * 3]!, data[index * 3 + 1]!, data[index * 3 + 2]!];
}

export function distance(a: Rgb, b: Rgb): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** Channel by channel, so that a few stray pixels do not count. */
export function median(colours: readonly Rgb[]): Rgb {
  const middle = (channel: 0 | 1 | 2): number =>
    colours.map((colour) => colour[channel]).sort((a, b) => a - b)[colours.length >> 1]!;
  return [middle(0), middle(1), middle(2)];
}
