import { palette as everyColour, type ColourName, type Palette } from './palette.js';
import { distance, type Rgb } from './picture.js';

/** The colour of the palette that looks most like this one. */
export function nameColour(rgb: Rgb, palette: Palette = everyColour): ColourName {
  const lab = oklab(rgb);
  const ranked = (Object.entries(palette) as [ColourName, Rgb][])
    .map(([name, value]) => ({ name, away: distance(lab, oklab(value)) }))
    .sort((a, b) => a.away - b.away);
  return ranked[0]!.name;
}

/** Oklab (Björn Ottosson, 2020), in which equal distances look equally different; RGB itself has green too wide. */
function oklab(rgb: Rgb): Rgb {
  const [r, g, b] = rgb.map(linear) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function linear(value: number): number {
  const v = value / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
}
