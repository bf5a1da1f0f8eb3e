import type { GenerateOptions } from './generate-options.js';
import type { Img2ImgGenerateOptions } from './image-to-image-options.js';
import type { XLOptions } from './xl-options.js';
import type { InpaintGenerateOptions } from './inpaint-options.js';

/** Options of every pipeline's `generate`, for code that does not know which pipeline it has. */
export type AnyGenerateOptions = Partial<
  GenerateOptions & Img2ImgGenerateOptions & InpaintGenerateOptions & XLOptions
>;
