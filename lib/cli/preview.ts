import { resolve } from 'node:path';

import { Option } from 'commander';

import { writeFileAtomically } from '../common/atomic-file.js';
import { SaveError } from '../common/errors.js';
import type { StepInfo } from '../pipelines/index.js';
import { wholeNumberUpTo } from './arguments.js';
import { prepareOutput } from './output.js';

/** What the command line says of previews. */
export interface PreviewOptions {
  preview?: string;
  previewEvery?: number;
  tinyVae?: string;
}

/** `--preview`, `--preview-every` and `--tiny-vae`. */
export function previewOptions(): [Option, Option, Option] {
  return [
    new Option('--preview <file>', 'write the image here as far as it is generated, after each step'),
    new Option(
      '--preview-every <steps>',
      'with --preview: write it after every so many steps (default: 1)',
    ).argParser(wholeNumberUpTo(1000)),
    new Option(
      '--tiny-vae <vae>',
      'with --preview: tiny VAE for sharper previews: folder, file, or id on the hub',
    ),
  ];
}

/** Writes previews while an image is generated. */
export interface PreviewWriter {
  /** Called after each step. */
  readonly write: (step: StepInfo) => Promise<void>;
  /** Why one could not be written; no further one is then. */
  readonly failure: SaveError | undefined;
}

/**
 * Checks before the work that previews can be written.
 *
 * @param outputs - files that the images themselves go to
 * @returns undefined where none are asked for
 * @throws InvalidArgumentError, SaveError
 */
export async function preparePreview(
  { preview: file, previewEvery, tinyVae }: PreviewOptions,
  outputs: readonly string[],
): Promise<PreviewWriter | undefined> {
  if (file === undefined) {
    const dependent = Object.entries({ '--preview-every': previewEvery, '--tiny-vae': tinyVae });
    const alone = dependent.find(([, value]) => value !== undefined);
    if (alone) throw new Error(`${alone[0]} needs a file for previews: add --preview <file>.`);
    return undefined;
  }
  if (file === '-') throw new Error('--preview needs the name of a file: standard output is for the image.');
  if (outputs.some((output) => resolve(output) === resolve(file))) {
    throw new Error(`--preview and --output both name ${file}: use two files.`);
  }
  const { format } = await prepareOutput(file, { count: 1, toTerminal: false });
  return previewWriter(file, async (step) => (await step.preview()).toBuffer(format), previewEvery);
}

function previewWriter(
  file: string,
  encode: (step: StepInfo) => Promise<Uint8Array>,
  every = 1,
): PreviewWriter {
  let failure: SaveError | undefined;
  return {
    write: async (info) => {
      const isDue = info.step % every === 0 || info.step === info.steps;
      if (failure || !isDue) return;
      const data = await encode(info);
      try {
        await writeFileAtomically(file, data);
      } catch (error) {
        // The image is worth more than its preview.
        if (!(error instanceof SaveError)) throw error;
        failure = error;
      }
    },
    get failure() {
      return failure;
    },
  };
}
