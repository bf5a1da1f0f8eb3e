import sharp from 'sharp';

import { palette, type ColourName } from './palette.js';
import type { Judgement } from './judge.js';
import type { Picture } from './picture.js';

/** What to draw; lengths as parts of the picture's side. */
export interface Drawing extends Required<{ [Key in keyof Judgement]: NonNullable<Judgement[Key]> }> {
  side: number;
  radius: number;
  x: number;
  y: number;
  /** Degrees. */
  turn: number;
  /** Standard deviation of the Gaussian, in pixels; 0 for none. */
  blur: number;
  /** Largest change of a pixel's channel. */
  noise: number;
}

/** Numbers in [0, 1) that are the same each time (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const colours = Object.keys(palette) as ColourName[];
const shapes = ['circle', 'square', 'triangle', 'star', 'heart', 'ring'] as const;
const sizes = ['small', 'large'] as const;
const places = ['left', 'right', 'top', 'bottom', 'centre'] as const;
const directions = { left: [-1, 0], right: [1, 0], top: [0, -1], bottom: [0, 1], centre: [0, 0] } as const;

/** The nth random drawing: shape, size and place go round, the rest is drawn by lot. */
export function randomDrawing(n: number, side = 128): Drawing {
  const next = random(n);
  const between = (low: number, high: number): number => low + (high - low) * next();
  const shape = shapes[n % shapes.length]!;
  const size = sizes[Math.floor(n / shapes.length) % sizes.length]!;
  const place = places[Math.floor(n / shapes.length / sizes.length) % places.length]!;
  const radius = size === 'small' ? between(0.1, 0.16) : between(0.27, 0.34);
  const away = size === 'small' ? between(0.2, 0.32) : between(0.14, 0.16);
  const [right, down] = directions[place];
  const colour = colours[Math.floor(next() * colours.length)]!;
  const others = colours.filter((other) => other !== colour);
  return {
    shape,
    size,
    place,
    colour,
    side,
    radius,
    background: others[Math.floor(next() * others.length)]!,
    x: 0.5 + right * away + between(-0.03, 0.03),
    y: 0.5 + down * away + between(-0.03, 0.03),
    turn: between(-15, 15),
    blur: next() < 0.5 ? 0 : between(0.4, 1.2),
    noise: between(0, 14),
  };
}

// Round the origin, in a circle of radius 1; drawn as anyone would, and not from the judge's templates.
const paths: Record<Drawing['shape'], string> = {
  circle: '<circle r="1"/>',
  square: '<rect x="-0.8" y="-0.8" width="1.6" height="1.6"/>',
  triangle: '<path d="M0 -1 L0.92 0.7 L-0.92 0.7 Z"/>',
  star: `<polygon points="${Array.from({ length: 10 }, (_, i) => {
    const reach = i % 2 ? 0.42 : 1;
    return `${reach * Math.sin((i * Math.PI) / 5)},${-reach * Math.cos((i * Math.PI) / 5)}`;
  }).join(' ')}"/>`,
  heart:
    '<path d="M0 0.95 C-1.4 -0.05 -1 -0.95 -0.5 -0.95 C-0.2 -0.95 0 -0.7 0 -0.5 C0 -0.7 0.2 -0.95 0.5 -0.95 C1 -0.95 1.4 -0.05 0 0.95 Z"/>',
  ring: '<path fill-rule="evenodd" d="M-1 0 A1 1 0 0 1 1 0 A1 1 0 0 1 -1 0 Z M-0.55 0 A0.55 0.55 0 0 1 0.55 0 A0.55 0.55 0 0 1 -0.55 0 Z"/>',
};

/** Renders a drawing: antialiased by librsvg, its colours a little off the palette's, then blurred and made noisy. */
export async function draw(drawing: Drawing, seed = 0): Promise<Picture> {
  const { side, radius, x, y, turn, shape, blur, noise } = drawing;
  const next = random(seed + 1e6);
  const tint = (name: ColourName): string =>
    `rgb(${palette[name].map((value) => clamp(value + 24 * (next() - 0.5))).join()})`;
  const picture = await render(
    side,
    side,
    `<rect width="100%" height="100%" fill="${tint(drawing.background)}"/>` +
      `<g transform="translate(${x * side} ${y * side}) rotate(${turn}) scale(${radius * side})" ` +
      `fill="${tint(drawing.colour)}">${paths[shape]}</g>`,
    blur,
  );
  return { ...picture, data: picture.data.map((value) => clamp(value + (next() * 2 - 1) * noise)) };
}

/** Renders what stands inside an SVG. */
export async function render(width: number, height: number, content: string, blur = 0): Promise<Picture> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${content}</svg>`;
  const drawn = sharp(Buffer.from(svg)).removeAlpha();
  const data = await (blur > 0 ? drawn.blur(blur) : drawn).raw().toBuffer();
  return { width, height, data: new Uint8Array(data) };
}

function clamp(value: number): number {
  return Math.round(Math.min(255, Math.max(0, value)));
}
