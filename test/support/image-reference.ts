import { readFile } from 'node:fs/promises';

interface Reference {
  tensor: { shape: number[]; values: string; pixels: string };
  pngTexts: Record<string, { text: string; png: string }>;
  compressedPngTexts: Record<string, { text: string; png: string }>;
  exifComments: Record<string, { text: string; image: string }>;
}

const path = new URL('../fixtures/reference/image.json', import.meta.url);
const { tensor, pngTexts, compressedPngTexts, exifComments } = JSON.parse(
  await readFile(path, 'utf8'),
) as Reference;

/** A float32 tensor and the pixels diffusers' VaeImageProcessor makes of it. */
export const reference = {
  shape: tensor.shape,
  values: new Float32Array(new Uint8Array(Buffer.from(tensor.values, 'base64')).buffer),
  pixels: new Uint8Array(Buffer.from(tensor.pixels, 'base64')),
};

const asPngs = (texts: Reference['pngTexts']) =>
  Object.entries(texts).map(([name, { text, png }]) => ({ name, text, png: Buffer.from(png, 'base64') }));

/** PNGs Pillow wrote with a text under "parameters", as the web UI does. */
export const pillowPngs = asPngs(pngTexts);
/** The same texts compressed: chunks of zTXt and compressed iTXt. */
export const compressedPngs = asPngs(compressedPngTexts);

/** JPEGs, WebPs and AVIFs Pillow wrote with an EXIF UserComment. */
export const exifImages = Object.entries(exifComments).map(([name, { text, image }]) => ({
  name,
  text,
  image: Buffer.from(image, 'base64'),
}));
