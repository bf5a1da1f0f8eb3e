import { backgroundOf } from './background.js';
import { nameColour } from './colour.js';
import { foregroundOf } from './foreground.js';
import { namePlace, nameSize, type PlaceName, type SizeName } from './layout.js';
import type { ColourName, Palette } from './palette.js';
import type { Picture } from './picture.js';
import { nameShape } from './shape.js';
import type { ShapeName } from './templates.js';

/** What a picture of one plain shape on a plain background shows; undefined is what it does not show. */
export interface Judgement {
  background: ColourName;
  colour: ColourName | undefined;
  shape: ShapeName | undefined;
  size: SizeName | undefined;
  place: PlaceName | undefined;
}

/**
 * Says from the pixels alone what a picture shows: it knows neither the prompt nor the model. A picture without a
 * shape has a background only; a shape like none of the six has no `shape`.
 */
export function judge(picture: Picture, palette?: Palette): Judgement {
  const background = backgroundOf(picture);
  const foreground = foregroundOf(picture, background);
  return {
    background: nameColour(background, palette),
    colour: foreground && nameColour(foreground.colour, palette),
    shape: foreground && nameShape(foreground),
    size: foreground && nameSize(foreground),
    place: foreground && namePlace(foreground),
  };
}
