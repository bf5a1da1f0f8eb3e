import { distance, median, pixelAt, type Picture, type Rgb } from './picture.js';

/** The dominant colour of the border: the median of its fullest bin's surroundings, so a shape may touch the edge. */
export function backgroundOf(picture: Picture): Rgb {
  const border = borderOf(picture);
  const bins = new Map<string, Rgb[]>();
  for (const colour of border) {
    const bin = colour.map((value) => value >> 5).join();
    const members = bins.get(bin);
    if (members) members.push(colour);
    else bins.set(bin, [colour]);
  }
  const fullest = [...bins.values()].reduce((a, b) => (b.length > a.length ? b : a));
  const centre = median(fullest);
  return median(border.filter((colour) => distance(colour, centre) < 48));
}

function borderOf(picture: Picture): Rgb[] {
  const { width, height } = picture;
  const thickness = Math.max(1, Math.round(Math.min(width, height) / 40));
  const border: Rgb[] = [];
  for (let y = 0; y < height; y++) {
    const isEdgeRow = y < thickness || y >= height - thickness;
    for (let x = 0; x < width; x++) {
      if (isEdgeRow || x < thickness || x >= width - thickness) border.push(pixelAt(picture, y * width + x));
    }
  }
  return border;
}
