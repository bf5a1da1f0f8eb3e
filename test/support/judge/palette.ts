import type { Rgb } from './picture.js';

/** The colours a prompt may name, with the RGB values the training pictures are painted in. */
export const palette = {
  red: [226, 35, 36],
  green: [31, 158, 63],
  blue: [38, 70, 219],
  yellow: [249, 223, 33],
  orange: [248, 130, 24],
  purple: [122, 33, 158],
  pink: [250, 153, 196],
  brown: [121, 72, 34],
  black: [16, 16, 16],
  white: [250, 250, 250],
  gray: [128, 128, 128],
  cyan: [42, 204, 220],
} as const satisfies Record<string, Rgb>;

export type ColourName = keyof typeof palette;
export type Palette = Readonly<Partial<Record<ColourName, Rgb>>>;
