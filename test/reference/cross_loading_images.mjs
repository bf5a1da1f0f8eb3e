/** For cross_loading_pipelines.py: saves a model as a pipeline does, or generates an image, as JSON on stdin says. */
import { writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

import { OVDiffusionPipeline } from '../../dist/index.js';
import * as library from '../../dist/index.js';

const { model, pipeline: className, prompt, options, saveTo, out } = JSON.parse(await text(process.stdin));

/** @type {any} */
const load = { inferencePrecision: 'f32' };
const source = await OVDiffusionPipeline.fromPretrained(model, load);
const pipeline = /** @type {any} */ (library)[className].fromPipe(source);
if (saveTo) await pipeline.savePretrained(saveTo, { overwrite: true });
const { images } = await pipeline.generate(prompt, options);
await writeFile(out, await images[0].toBuffer('png'));
await pipeline.dispose();
await source.dispose();
