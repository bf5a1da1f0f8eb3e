import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import cases from '../reference/odd_folder_cases.json' with { type: 'json' };

type Config = Record<string, unknown>;

interface TensorEdit {
  /** Further tensors of zeros in f32: name to shape. */
  readonly add?: Record<string, number[]>;
  /** Appends a tensor's own first rows to it. */
  readonly grow?: Record<string, number>;
  /** Exchanges the names of two tensors of one shape. */
  readonly swap?: [string, string];
  /** Writes another file of the folder instead. */
  readonly copyTo?: string;
}

/** A case of test/reference/odd_folder_cases.json. */
export interface OddFolder {
  readonly name: string;
  readonly variant?: string;
  readonly prompt?: string;
  readonly hasDefaultSize?: boolean;
  readonly edits?: Record<string, { contents?: Config; set?: Config }>;
  readonly tensors?: Record<string, TensorEdit>;
  /** Files beside vocab.json and merges.txt, in place of tokenizer.json. */
  readonly tokenizer?: Record<string, Config>;
}

export const oddFolders = cases as unknown as readonly OddFolder[];

/** Makes the folder that test/reference/make_odd_folders.py has generated from: a copy of `source` with the edits. */
export async function makeOddFolder(source: string, folder: string, of: OddFolder): Promise<void> {
  await cp(source, folder, { recursive: true });
  for (const [name, { contents, set }] of Object.entries(of.edits ?? {})) {
    const path = join(folder, name);
    await writeJson(path, contents ?? { ...(await readJson(path)), ...set });
    if (name.startsWith('scheduler') && contents?._class_name !== undefined) {
      const index = join(folder, 'model_index.json');
      await writeJson(index, {
        ...(await readJson(index)),
        scheduler: ['diffusers', contents._class_name],
      });
    }
  }
  for (const [name, edit] of Object.entries(of.tensors ?? {})) {
    const edited = editTensors(await readFile(join(folder, name)), edit);
    await writeFile(join(folder, edit.copyTo ?? name), edited);
  }
  if (of.tokenizer) await writeTokenizer(join(folder, 'tokenizer'), of.tokenizer);
}

async function writeTokenizer(folder: string, files: Record<string, Config>): Promise<void> {
  const path = join(folder, 'tokenizer.json');
  const { model } = (await readJson(path)) as { model: { vocab: Config; merges: string[][] } };
  await rm(path);
  await writeJson(join(folder, 'vocab.json'), model.vocab);
  const merges = ['#version: 0.2', ...model.merges.map((merge) => merge.join(' '))];
  await writeFile(join(folder, 'merges.txt'), merges.join('\n'));
  for (const [name, contents] of Object.entries(files)) await writeJson(join(folder, name), contents);
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

function editTensors(file: Buffer, { add = {}, grow = {}, swap }: TensorEdit): Buffer {
  const headerLength = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerLength)) as Record<string, Entry>;
  const data = file.subarray(8 + headerLength);
  const contents = new Map<string, { dtype: string; shape: number[]; bytes: Buffer }>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (name !== '__metadata__') contents.set(name, { dtype, shape, bytes: data.subarray(...data_offsets) });
  }
  for (const [name, shape] of Object.entries(add)) {
    const bytes = Buffer.alloc(4 * shape.reduce((a, b) => a * b, 1));
    contents.set(name, { dtype: 'F32', shape, bytes });
  }
  for (const [name, rows] of Object.entries(grow)) {
    const { dtype, shape, bytes } = contents.get(name)!;
    const [count = 0, ...row] = shape;
    const more = bytes.subarray(0, (bytes.length / count) * rows);
    contents.set(name, { dtype, shape: [count + rows, ...row], bytes: Buffer.concat([bytes, more]) });
  }
  if (swap) {
    const [first, second] = swap.map((name) => contents.get(name)!);
    contents.set(swap[0], second!).set(swap[1], first!);
  }
  return encodeTensors(contents);
}

function encodeTensors(contents: Map<string, { dtype: string; shape: number[]; bytes: Buffer }>): Buffer {
  let end = 0;
  const header = Object.fromEntries(
    [...contents].map(([name, { dtype, shape, bytes }]) => {
      const start = end;
      end += bytes.length;
      return [name, { dtype, shape, data_offsets: [start, end] }];
    }),
  );
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...[...contents.values()].map(({ bytes }) => bytes)]);
}

async function readJson(path: string): Promise<Config> {
  return JSON.parse(await readFile(path, 'utf8')) as Config;
}

async function writeJson(path: string, contents: unknown): Promise<void> {
  await writeFile(path, JSON.stringify(contents));
}
