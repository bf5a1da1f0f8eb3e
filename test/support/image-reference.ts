import { readFile } from 'node:fs/promises';

interface Reference {
  tensor: { shape: number[]; values: string; pixels: string };
  pngTexts: Record<string, { text: string; png: string }>;
}

const path = new URL('../fixtures/reference/image.json', import.meta.url);
const { tensor, pngTexts } = JSON.parse(await readFile(path, 'utf8')) as Reference;

/** A float32 tensor and the pixels diffusers' VaeImageProcessor makes of it. */
export const reference = {
  shape: tensor.shape,
  values: new Float32Array(new Uint8Array(Buffer.from(tensor.values, 'base64')).buffer),
  pixels: new Uint8Array(Buffer.from(tensor.pixels, 'base64')),
};

/** PNGs Pillow wrote with a text under "parameters", as the web UI does. */
export const pillowPngs = Object.entries(pngTexts).map(([name, { text, png }]) => ({
  name,
  text,
  png: Buffer.from(png, 'base64'),
}));
