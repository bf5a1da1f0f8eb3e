import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { dirname, join, parse, resolve } from 'node:path';

import { writeFileAtomically } from '../common/atomic-file.js';
import { SaveError } from '../common/errors.js';
import type { GeneratedImage } from '../image/index.js';
import { EXTENSIONS, type OutputTarget } from './output.js';

/** What of an image saving needs. */
export type Encodable = Pick<GeneratedImage, 'toBuffer'>;

export interface SaveImagesOptions {
  /** Whether generation parameters are embedded. */
  readonly metadata: boolean;
  /** Writes to standard output. */
  readonly writeStdout: (data: Uint8Array) => Promise<void>;
  /** Folders for images that cannot be saved where they should be. Default: the working directory, then the temporary. */
  readonly fallbackFolders?: readonly string[] | undefined;
}

export interface SavedImages {
  /** Where the images are; without those that went to standard output. */
  readonly files: readonly string[];
  /** Why images are not where they should be. */
  readonly failure: SaveError | undefined;
}

/**
 * Saves images to their target. One that cannot be saved there, or not in its format, took minutes to generate: it is
 * saved elsewhere, under a name that replaces nothing.
 */
export async function saveImages(
  images: readonly Encodable[],
  target: OutputTarget,
  options: SaveImagesOptions,
): Promise<SavedImages> {
  const files: string[] = [];
  const failures: SaveError[] = [];
  for (const [index, image] of images.entries()) {
    const wanted = target.files?.[index];
    try {
      await saveAsWanted(image, target, wanted, options);
      if (wanted !== undefined) files.push(wanted);
    } catch (cause) {
      const where = wanted ?? 'standard output';
      const reason =
        cause instanceof SaveError ? cause.message : `Cannot write ${where}: ${messageOf(cause)}`;
      const file = await saveElsewhere(image, target, wanted, options);
      if (file !== undefined) files.push(file);
      const outcome =
        file === undefined ? 'nor anywhere else: the image is lost' : `it was saved as ${file} instead`;
      failures.push(new SaveError(`${reason}; ${outcome}`, { cause }));
    }
  }
  const failure =
    failures.length > 1
      ? new SaveError(failures.map(({ message }) => message).join('\n'), { cause: failures[0]?.cause })
      : failures[0];
  return { files, failure };
}

async function saveAsWanted(
  image: Encodable,
  { format }: OutputTarget,
  file: string | undefined,
  { metadata, writeStdout }: SaveImagesOptions,
): Promise<void> {
  const data = await image.toBuffer(format, { metadata });
  await (file === undefined ? writeStdout(data) : writeFileAtomically(file, data));
}

/** As wanted in another folder, or else as PNG, which takes parameters of any length. */
async function saveElsewhere(
  image: Encodable,
  { format }: OutputTarget,
  wanted: string | undefined,
  { metadata, fallbackFolders = [process.cwd(), tmpdir()] }: SaveImagesOptions,
): Promise<string | undefined> {
  const folders = wanted === undefined ? fallbackFolders : [dirname(resolve(wanted)), ...fallbackFolders];
  const { name } = parse(wanted ?? 'image');
  for (const candidate of new Set([format, 'png'] as const)) {
    const data = await image.toBuffer(candidate, { metadata }).catch(() => undefined);
    if (!data) continue;
    for (const folder of new Set(folders)) {
      const file = join(folder, `${name.slice(0, 100)}-${randomUUID().slice(0, 8)}${EXTENSIONS[candidate]}`);
      const saved = await writeFileAtomically(file, data).then(
        () => true,
        () => false,
      );
      if (saved) return file;
    }
  }
  return undefined;
}

/** Writes to standard output, and waits until it is taken. */
export async function writeToStdout(data: Uint8Array): Promise<void> {
  await new Promise<void>((written, failed) => {
    // A reader that is gone is reported to the callback as well.
    process.stdout.once('error', failed);
    process.stdout.write(data, (error) => {
      if (error) failed(error);
      else written();
    });
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
