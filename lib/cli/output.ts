import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname, parse, resolve } from 'node:path';

import { InvalidArgumentError, SaveError } from '../common/errors.js';
import { asSaveError } from '../common/save-error.js';
import { formatOfPath, type ImageFormat } from '../image/formats.js';

/** What `--format` takes, and the file extension of each. */
export const EXTENSIONS: Readonly<Record<ImageFormat, string>> = {
  png: '.png',
  jpeg: '.jpg',
  webp: '.webp',
  avif: '.avif',
};

/** Where the images of a command go. */
export interface OutputTarget {
  readonly format: ImageFormat;
  /** A path for each image; undefined for standard output. */
  readonly files: readonly string[] | undefined;
}

/**
 * Checks before the work that its images can be written: the extension is known, the folder is there (it is made if
 * need be) and lets files be written, and no folder has the name of a file.
 *
 * @param output - a path, or '-' for standard output
 * @param toTerminal - whether standard output is a terminal
 * @throws InvalidArgumentError, SaveError
 */
export async function prepareOutput(
  output: string,
  { count, format, toTerminal }: { count: number; format?: ImageFormat | undefined; toTerminal: boolean },
): Promise<OutputTarget> {
  if (output === '-') {
    if (count > 1) throw new InvalidArgumentError(`Standard output takes one image, not ${count}`);
    if (toTerminal) {
      throw new InvalidArgumentError(
        'An image is not written to a terminal; redirect standard output to a file or a pipe',
      );
    }
    return { format: format ?? 'png', files: undefined };
  }
  const files = numbered(output, count);
  const target = { format: agreedFormat(output, format), files };
  await prepareFolder(dirname(resolve(output)));
  for (const file of files) {
    const isFolder = await stat(file).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (isFolder) throw new SaveError(`Cannot write ${file}: it is a folder`);
  }
  return target;
}

/** Makes a folder unless it is there, and checks that files can be written into it. */
export async function prepareFolder(folder: string): Promise<void> {
  await asSaveError(folder, async () => {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  });
}

/** The name as it is for one image; for several, numbered before the extension. */
export function numbered(output: string, count: number): string[] {
  if (count === 1) return [output];
  const { dir, root, name, ext } = parse(output);
  const start = dir === '' || dir === root ? dir : `${dir}/`;
  return Array.from({ length: count }, (_, i) => `${start}${name}-${i + 1}${ext}`);
}

/** The format of the extension, which an explicit one may not contradict but stands in for. */
function agreedFormat(output: string, format: ImageFormat | undefined): ImageFormat {
  if (format === undefined) return formatOfPath(output);
  let named: ImageFormat;
  try {
    named = formatOfPath(output);
  } catch {
    return format;
  }
  if (named === format) return format;
  throw new InvalidArgumentError(`The format ${format} contradicts the extension of ${output}`);
}
