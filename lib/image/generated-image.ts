import sharp, { type Sharp } from 'sharp';

import { writeFileAtomically } from '../common/atomic-file.js';
import { InvalidArgumentError, ShapeMismatchError } from '../common/errors.js';
import { wrongValue } from '../common/options.js';
import { encodeWithComment } from './exif-comment.js';
import { formatOfPath, isImageFormat, type FormatOptions, type ImageFormat } from './formats.js';
import { formatParameters, type GenerationParameters } from './parameters.js';
import { insertPngText } from './png-text.js';

/** What every format takes beside sharp's own options. */
export interface MetadataOptions {
  /** Whether the picture carries its parameters as text. Default: true. */
  metadata?: boolean;
}
/** Options of a format: sharp's (`quality`, `compressionLevel` and so on), and `metadata`. */
export type EncodeOptions<Format extends ImageFormat = ImageFormat> = FormatOptions[Format] & MetadataOptions;

/** What a {@link GeneratedImage} is made of. */
export interface GeneratedImageInit {
  /** RGB, row by row; shape `[height, width, 3]`. */
  data: Uint8Array;
  width: number;
  height: number;
  seed?: number | bigint | undefined;
  parameters?: GenerationParameters | undefined;
}

/** A picture a pipeline made: raw pixels, what they were made from, and ways into files. */
export class GeneratedImage {
  readonly width: number;
  readonly height: number;
  readonly channels = 3;
  /** RGB, row by row, 8 bits a channel; shape `[height, width, 3]`. */
  readonly data: Uint8Array;
  /** The seed that made it; undefined when the user gave latents or a generator of their own. */
  readonly seed: number | bigint | undefined;
  /** What it was made from; goes into files as text. */
  readonly parameters: GenerationParameters | undefined;

  /** @throws ShapeMismatchError when `data` is not `height * width * 3` long */
  constructor({ data, width, height, seed, parameters }: GeneratedImageInit) {
    if (data.length !== height * width * 3) {
      throw new ShapeMismatchError(
        `Expected ${height * width * 3} bytes for a picture of shape [${height}, ${width}, 3] but received ${data.length}`,
      );
    }
    this.data = data;
    this.width = width;
    this.height = height;
    this.seed = seed;
    this.parameters = parameters;
  }

  /** A new sharp instance over the raw pixels, for anything sharp can do; it reads them without a copy of its own. */
  toSharp(): Sharp {
    const { width, height, channels } = this;
    return sharp(this.data, { raw: { width, height, channels } });
  }

  /**
   * Encodes the picture, with its parameters as AUTOMATIC1111's web UI stores them: the text chunk `parameters` in
   * PNG, the EXIF UserComment in the other formats.
   *
   * @throws InvalidArgumentError when the format is not known, sharp refuses an option, or the parameters are too
   * long for EXIF
   */
  async toBuffer<Format extends ImageFormat>(
    format: Format,
    options: EncodeOptions<Format> = {},
  ): Promise<Buffer> {
    const { metadata = true, ...formatOptions } = options;
    const picture = this.#encoder(format, formatOptions);
    if (!metadata || !this.parameters) return picture.toBuffer();
    const text = formatParameters(this.parameters);
    if (format !== 'png') return encodeWithComment(picture, text);
    return insertPngText(await picture.toBuffer(), 'parameters', text);
  }

  /**
   * Writes the picture to a file in the format of its extension (.png, .jpg, .jpeg, .webp, .avif), encoded as by
   * {@link toBuffer}. The file appears whole or not at all, and replaces one of the same name.
   *
   * @throws InvalidArgumentError as {@link toBuffer}, and when the extension is not known
   * @throws SaveError when it cannot be written: no such folder, no permission, disk full
   */
  async toFile(path: string, options: EncodeOptions = {}): Promise<void> {
    await writeFileAtomically(path, await this.toBuffer(formatOfPath(path), options));
  }

  #encoder(format: ImageFormat, options: FormatOptions[ImageFormat]): Sharp {
    if (!isImageFormat(format)) {
      throw wrongValue('one of png, jpeg, webp, avif', 'format', format);
    }
    try {
      return this.toSharp().toFormat(format, options);
    } catch (cause) {
      throw new InvalidArgumentError((cause as Error).message, { cause });
    }
  }
}
