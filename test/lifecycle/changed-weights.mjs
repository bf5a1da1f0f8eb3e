// Changes a model's weights after they were compiled: `node changed-weights.mjs FOLDER FILE CHANGE`. Prints what the next generation says.
import { copyFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { OVStableDiffusionPipeline } from '../../dist/index.js';

const [folder = '', file = '', change = ''] = process.argv.slice(2);
const path = join(folder, file);
const zeros = `${path}.zeros`;
writeFileSync(zeros, Buffer.alloc(statSync(path).size));

/** @type {Record<string, () => void>} */
const changes = {
  nothing: () => undefined,
  cut: () => truncateSync(path, 0),
  'copy over': () => copyFileSync(zeros, path),
  rename: () => renameSync(zeros, path),
  delete: () => rmSync(path),
};

const pipeline = await OVStableDiffusionPipeline.fromPretrained(folder);
const generate = (size = 32) =>
  pipeline.generate('a red circle', {
    width: size,
    height: size,
    numInferenceSteps: 4,
    seed: 1,
    outputType: 'raw',
  });

/** @param {() => Promise<unknown>} work */
const outcome = (work) =>
  work().then(
    () => 'ok',
    (error) => error.code ?? String(error),
  );

const before = await generate();
changes[change]?.();
let same = false;
const again = await outcome(async () => {
  const after = await generate();
  same = Buffer.from(after.images[0]?.data ?? []).equals(Buffer.from(before.images[0]?.data ?? []));
});
const otherSize = await outcome(() => generate(64));
const saved = await outcome(() => pipeline.savePretrained(`${folder}-saved`));
await pipeline.dispose();
console.log(JSON.stringify({ again, same, otherSize, saved }));
