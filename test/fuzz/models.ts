import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { OVStableDiffusionPipeline } from '../../lib/index.js';

/** The project's root: this runs from a bundle in build/fuzz/. */
const FIXTURES = join(process.cwd(), 'test/fixtures');

/** A copy of a fixture, of which single files are changed and put back. */
export class ModelCopy {
  readonly folder: string;

  constructor(fixture: string, target: string) {
    this.folder = target;
    cpSync(join(FIXTURES, fixture), target, { recursive: true });
  }

  read(file: string): Buffer {
    return readFileSync(join(this.folder, file));
  }

  remove(file: string): void {
    rmSync(join(this.folder, file));
  }

  /** Runs `work` while the file has other contents. */
  async with(file: string, contents: Uint8Array | string, work: () => Promise<void>): Promise<void> {
    const original = this.read(file);
    writeFileSync(join(this.folder, file), contents);
    try {
      await work();
    } finally {
      writeFileSync(join(this.folder, file), original);
    }
  }
}

/** Loads a model and generates one small image, as whoever got it from a stranger would. */
export async function loadAndGenerate(load: () => Promise<OVStableDiffusionPipeline>): Promise<void> {
  const pipeline = await load();
  try {
    await pipeline.generate('a red circle', { width: 32, height: 32, numInferenceSteps: 4, seed: 1 });
  } finally {
    await pipeline.dispose();
  }
}
