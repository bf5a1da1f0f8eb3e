import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';

import { GeneratedImage, OVStableDiffusionPipeline, readParameters } from '../../../lib/index.js';
import { checkpointOf, writeTensors } from '../../support/checkpoints.js';
import { loadAndGenerate, ModelCopy } from '../models.js';
import { byteEdits, editBytes, editJson, jsonEdits, type ByteEdit, type JsonEdit } from '../mutations.js';
import { target } from '../target.js';

/** Changes of a safetensors file: of its header as JSON, its header's or its data's bytes, or its bytes at large. */
type WeightsEdit =
  { part: 'header'; edits: JsonEdit[] } | { part: 'header text' | 'data' | 'file'; edits: ByteEdit[] };

const weightsEdit: fc.Arbitrary<WeightsEdit> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ part: fc.constant('header' as const), edits: jsonEdits }) },
  { weight: 2, arbitrary: fc.record({ part: fc.constant('header text' as const), edits: byteEdits }) },
  { weight: 1, arbitrary: fc.record({ part: fc.constant('data' as const), edits: byteEdits }) },
  { weight: 2, arbitrary: fc.record({ part: fc.constant('file' as const), edits: byteEdits }) },
);

function editWeights(file: Buffer, change: WeightsEdit): Buffer {
  if (change.part === 'file') return editBytes(file, change.edits);
  const start = 8 + Number(file.readBigUInt64LE(0));
  const header = file.subarray(8, start);
  const data = file.subarray(start);
  if (change.part === 'data') return Buffer.concat([file.subarray(0, start), editBytes(data, change.edits)]);
  const changed =
    change.part === 'header'
      ? Buffer.from(editJson(header.toString(), change.edits))
      : editBytes(header, change.edits);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(changed.length));
  return Buffer.concat([length, changed, data]);
}

const WEIGHTS = [
  'text_encoder/model.safetensors',
  'unet/diffusion_pytorch_model.safetensors',
  'vae/diffusion_pytorch_model.safetensors',
];

export const safetensors = target<{ file: string; change: WeightsEdit; weightFormat: 'int8' | undefined }>({
  name: 'safetensors',
  prepare(folder) {
    const model = new ModelCopy('export/sd1', join(folder, 'model'));
    const load = (weightFormat?: 'int8') => () =>
      OVStableDiffusionPipeline.fromPretrained(model.folder, { weightFormat });
    return Promise.resolve({
      inputs: fc.record({
        file: fc.constantFrom(...WEIGHTS),
        change: weightsEdit,
        weightFormat: fc.constantFrom(undefined, undefined, 'int8' as const),
      }),
      warmUp: () => loadAndGenerate(load()),
      run: ({ file, change, weightFormat }) =>
        model.with(file, editWeights(model.read(file), change), () => loadAndGenerate(load(weightFormat))),
    });
  },
});

export const checkpoint = target<{ change: WeightsEdit; withConfig: boolean }>({
  name: 'checkpoint',
  async prepare(folder) {
    const { folder: config } = new ModelCopy('export/sd1', join(folder, 'config'));
    const path = await writeTensors(join(folder, 'model.safetensors'), await checkpointOf('sd1'));
    const good = readFileSync(path);
    const load = (options?: { config: string }) => () =>
      OVStableDiffusionPipeline.fromSingleFile(path, options);
    return {
      inputs: fc.record({ change: weightsEdit, withConfig: fc.boolean() }),
      warmUp: () => {
        writeFileSync(path, good);
        return loadAndGenerate(load({ config }));
      },
      run: ({ change, withConfig }) => {
        writeFileSync(path, editWeights(good, change));
        return loadAndGenerate(load(withConfig ? { config } : undefined));
      },
    };
  },
});

/** A file of JSON, of one of the two layouts, with its values or its text changed. */
interface ConfigCase {
  layout: 'diffusers' | 'openvino';
  file: string;
  change: { values: JsonEdit[] } | { text: ByteEdit[] };
}

const jsonChange = fc.oneof(
  { weight: 4, arbitrary: fc.record({ values: jsonEdits }) },
  { weight: 1, arbitrary: fc.record({ text: byteEdits }) },
);

function changedJson(file: Buffer, change: ConfigCase['change']): Buffer {
  return 'values' in change
    ? Buffer.from(editJson(file.toString(), change.values))
    : editBytes(file, change.text);
}

const CONFIGS = {
  diffusers: [
    'model_index.json',
    'scheduler/scheduler_config.json',
    'text_encoder/config.json',
    'unet/config.json',
    'vae/config.json',
  ],
  openvino: [
    'model_index.json',
    'scheduler/scheduler_config.json',
    'unet/config.json',
    'vae_decoder/config.json',
  ],
} as const;

export const config = target<ConfigCase>({
  name: 'config',
  prepare(folder) {
    const models = {
      diffusers: new ModelCopy('export/sd1', join(folder, 'diffusers')),
      openvino: new ModelCopy('sd-tiny', join(folder, 'openvino')),
    };
    const load = (layout: ConfigCase['layout']) => () =>
      OVStableDiffusionPipeline.fromPretrained(models[layout].folder);
    const caseOf = (layout: ConfigCase['layout']): fc.Arbitrary<ConfigCase> =>
      fc.record({
        layout: fc.constant(layout),
        file: fc.constantFrom<string[]>(...CONFIGS[layout]),
        change: jsonChange,
      });
    return Promise.resolve({
      inputs: fc.oneof(caseOf('diffusers'), caseOf('openvino')),
      warmUp: async () => {
        await loadAndGenerate(load('diffusers'));
        await loadAndGenerate(load('openvino'));
      },
      run: ({ layout, file, change }) =>
        models[layout].with(file, changedJson(models[layout].read(file), change), () =>
          loadAndGenerate(load(layout)),
        ),
    });
  },
});

export const tokenizer = target<{ file: string; change: ConfigCase['change'] }>({
  name: 'tokenizer',
  prepare(folder) {
    const model = new ModelCopy('sd-tiny', join(folder, 'model'));
    // The older layout, of vocab.json and merges.txt, in a folder of its own.
    const older = new ModelCopy('sd-tiny', join(folder, 'older'));
    const json = JSON.parse(model.read('tokenizer/tokenizer.json').toString()) as {
      model: { vocab: object; merges: (string | string[])[] };
    };
    const merges = json.model.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' ')));
    writeFileSync(join(older.folder, 'tokenizer/vocab.json'), JSON.stringify(json.model.vocab));
    writeFileSync(join(older.folder, 'tokenizer/merges.txt'), ['#version: 0.2', ...merges].join('\n'));
    writeFileSync(join(older.folder, 'tokenizer/special_tokens_map.json'), '{"pad_token": "<|endoftext|>"}');
    const names = { vocab: 'tokenizer/vocab.json', map: 'tokenizer/special_tokens_map.json' };
    older.remove('tokenizer/tokenizer.json');
    const load = (of: ModelCopy) => () => OVStableDiffusionPipeline.fromPretrained(of.folder);
    return Promise.resolve({
      inputs: fc.oneof(
        fc.record({
          file: fc.constantFrom(
            'tokenizer/tokenizer.json',
            'tokenizer/tokenizer_config.json',
            names.vocab,
            names.map,
          ),
          change: jsonChange,
        }),
        fc.record({ file: fc.constant('tokenizer/merges.txt'), change: fc.record({ text: byteEdits }) }),
      ),
      warmUp: async () => {
        await loadAndGenerate(load(model));
        await loadAndGenerate(load(older));
      },
      run: ({ file, change }) => {
        const of =
          file === 'tokenizer/tokenizer.json' || file.endsWith('tokenizer_config.json') ? model : older;
        return of.with(file, changedJson(of.read(file), change), () => loadAndGenerate(load(of)));
      },
    });
  },
});

export const png = target<{ good: number; edits: ByteEdit[] }>({
  name: 'png',
  async prepare() {
    const parameters = (prompt: string) => ({
      prompt,
      negativePrompt: 'none',
      numInferenceSteps: 20,
      seed: 1,
      width: 8,
      height: 8,
    });
    const goods = await Promise.all(
      ['a red circle', 'ein großer Käse 🧀', 'x, y: "z"\nw'].map((prompt) =>
        new GeneratedImage({
          data: new Uint8Array(8 * 8 * 3),
          width: 8,
          height: 8,
          parameters: parameters(prompt),
        }).toBuffer('png'),
      ),
    );
    return {
      inputs: fc.record({ good: fc.nat(goods.length - 1), edits: byteEdits }),
      warmUp: async () => {
        for (const good of goods) await readParameters(good);
      },
      run: async ({ good, edits }) => {
        await readParameters(editBytes(goods[good]!, edits));
      },
    };
  },
});
