import { describe, expect, test } from 'vitest';

import { nameColour } from '../../support/judge/colour.js';
import { judge, type Judgement } from '../../support/judge/judge.js';
import { palette, type ColourName } from '../../support/judge/palette.js';
import type { Rgb } from '../../support/judge/picture.js';
import { draw, random, randomDrawing, render, type Drawing } from '../../support/judge/drawings.js';

const attributes = ['background', 'colour', 'shape', 'size', 'place'] as const;

/** For each attribute the part of the drawings it was judged right on. */
async function accuracy(drawings: Drawing[]): Promise<Record<keyof Judgement, number>> {
  const right = { background: 0, colour: 0, shape: 0, size: 0, place: 0 };
  for (const [n, drawing] of drawings.entries()) {
    const judgement = judge(await draw(drawing, n));
    for (const attribute of attributes) {
      if (judgement[attribute] === drawing[attribute]) right[attribute]++;
    }
  }
  for (const attribute of attributes) right[attribute] /= drawings.length;
  return right;
}

const onWhite = (content: string) => `<rect width="100%" height="100%" fill="white"/>${content}`;

describe('the judge', () => {
  test.each([
    { side: 128, count: 360 },
    { side: 64, count: 120 },
    { side: 192, count: 120 },
  ])('names $count drawings of $side pixels, each attribute 99 times of 100', async ({ side, count }) => {
    const drawings = Array.from({ length: count }, (_, n) => randomDrawing(n, side));
    const right = await accuracy(drawings);
    for (const attribute of attributes) expect(right[attribute], attribute).toBeGreaterThanOrEqual(0.99);
  });

  test('sees no shape in a plain picture, however noisy', async () => {
    const next = random(1);
    const plain = await render(128, 128, '<rect width="100%" height="100%" fill="rgb(38,70,219)"/>');
    const noisy = {
      ...plain,
      data: plain.data.map((value) => Math.min(255, value + Math.floor(next() * 24))),
    };
    const nothing = { colour: undefined, shape: undefined, size: undefined, place: undefined };
    expect(judge(plain)).toEqual({ background: 'blue', ...nothing });
    expect(judge(noisy)).toEqual({ background: 'blue', ...nothing });
  });

  test.each([
    ['a bar', '<rect x="14" y="54" width="100" height="20" fill="red"/>'],
    ['a cross', '<path d="M54 14h20v40h40v20h-40v40h-20v-40h-40v-20h40z" fill="red"/>'],
    ['a crescent', '<path d="M64 14A50 50 0 1 0 114 64A46 46 0 1 1 64 14Z" fill="red"/>'],
  ])('does not call %s one of its shapes', async (_, content) => {
    const judgement = judge(await render(128, 128, onWhite(content)));
    expect(judgement).toMatchObject({ background: 'white', colour: 'red', size: 'large' });
    expect(judgement.shape).toBeUndefined();
  });

  test('takes the larger of two shapes', async () => {
    const content =
      '<circle cx="30" cy="64" r="20" fill="blue"/><rect x="96" y="56" width="16" height="16" fill="red"/>';
    const judgement = judge(await render(128, 128, onWhite(content)));
    expect(judgement).toMatchObject({ colour: 'blue', shape: 'circle', size: 'small', place: 'left' });
  });

  test('knows the background although a shape covers a part of the border', async () => {
    const judgement = judge(
      await render(128, 128, onWhite('<rect x="70" width="58" height="128" fill="green"/>')),
    );
    expect(judgement).toMatchObject({ background: 'white', colour: 'green', size: 'large', place: 'right' });
  });

  test('judges pictures that are not square', async () => {
    const judgement = judge(
      await render(200, 100, onWhite('<circle cx="100" cy="78" r="12" fill="black"/>')),
    );
    expect(judgement).toEqual({
      background: 'white',
      colour: 'black',
      shape: 'circle',
      size: 'small',
      place: 'bottom',
    });
  });

  test('names colours from the palette it is given', async () => {
    const picture = await render(64, 64, onWhite('<circle cx="32" cy="32" r="20" fill="#f80"/>'));
    const limited = { red: palette.red, white: palette.white, yellow: palette.yellow };
    expect(judge(picture).colour).toBe('orange');
    expect(['red', 'yellow']).toContain(judge(picture, limited).colour);
  });

  test.each(Object.entries(palette) as [ColourName, Rgb][])('takes CSS %s for itself', (name, trained) => {
    // CSS's own, where it is a different tone from the one painted with.
    const css: Partial<Record<ColourName, Rgb>> = {
      red: [255, 0, 0],
      green: [0, 128, 0],
      blue: [0, 0, 255],
      yellow: [255, 255, 0],
      orange: [255, 165, 0],
      purple: [128, 0, 128],
      pink: [255, 192, 203],
      brown: [165, 42, 42],
      black: [0, 0, 0],
      white: [255, 255, 255],
      gray: [128, 128, 128],
      cyan: [0, 255, 255],
    };
    expect(nameColour(trained)).toBe(name);
    expect(nameColour(css[name]!)).toBe(name);
  });
});
