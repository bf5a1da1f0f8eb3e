import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const FIXTURES = join(import.meta.dirname, '../fixtures');
const WEIGHTS = {
  text_encoder: 'model.safetensors',
  text_encoder_2: 'model.safetensors',
  unet: 'diffusion_pytorch_model.safetensors',
  vae: 'diffusion_pytorch_model.safetensors',
};

/** A tensor as safetensors has it. */
export interface StoredTensor {
  dtype: string;
  shape: readonly number[];
  data: Uint8Array;
}
export type StoredTensors = Map<string, StoredTensor>;

/** Models of test/fixtures/export that there are checkpoints of. */
export type TinyModel = 'sd1' | 'sd2' | 'inpaint' | 'sdxl';

interface LayoutEntry {
  shape: number[];
  network: keyof typeof WEIGHTS;
  /** Of the tensors it is made of, one below the other. */
  keys: string[];
  /** A matrix whose axes are exchanged. */
  transposed?: true;
}
/** Both made by test/reference/make_single_file.py with diffusers' converters. */
type Layouts = Record<TinyModel, Record<string, LayoutEntry>>;
export interface FullSize {
  shapes: Record<string, number[]>;
  unet: Record<string, unknown>;
  vae: Record<string, unknown>;
  text_encoder?: Record<string, unknown>;
  text_encoder_2?: Record<string, unknown>;
  /** By the steps that the checkpoint says it was trained for. */
  schedulers: Record<'None' | '875000', Record<string, unknown>>;
}

async function readPacked(name: string): Promise<unknown> {
  const packed = await readFile(join(FIXTURES, 'single-file', `${name}.json.gz`));
  return JSON.parse(gunzipSync(packed).toString());
}

const layouts = (await readPacked('layouts')) as Layouts;

export type FullSizeModel = 'sd15' | 'sd21' | 'sdxl' | 'refiner';

export async function readFullSize(): Promise<Record<FullSizeModel, FullSize>> {
  return (await readPacked('full-size')) as Record<FullSizeModel, FullSize>;
}

/** The tensors of a tiny model as its original checkpoint has them. */
export async function checkpointOf(model: TinyModel): Promise<StoredTensors> {
  const networks = new Map<string, StoredTensors>();
  const used = new Set(Object.values(layouts[model]).map(({ network }) => network));
  for (const [network, file] of Object.entries(WEIGHTS)) {
    if (!used.has(network as LayoutEntry['network'])) continue;
    networks.set(network, await readTensors(join(FIXTURES, 'export', model, network, file)));
  }
  const tensors: StoredTensors = new Map();
  for (const [key, { shape, network, keys, transposed }] of Object.entries(layouts[model])) {
    const parts = keys.map((name) => networks.get(network)!.get(name)!);
    const data = Buffer.concat(parts.map((part) => part.data));
    const { dtype } = parts[0]!;
    tensors.set(key, { dtype, shape, data: transposed ? transpose(data, shape) : data });
  }
  return tensors;
}

/** @param shape - of the result */
function transpose(data: Uint8Array, [rows = 0, columns = 0]: readonly number[]): Uint8Array {
  const bytes = data.length / (rows * columns);
  const result = new Uint8Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = (column * rows + row) * bytes;
      result.set(data.subarray(from, from + bytes), (row * columns + column) * bytes);
    }
  }
  return result;
}

async function readTensors(path: string): Promise<StoredTensors> {
  const bytes = await readFile(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, start).toString()) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  delete header.__metadata__;
  return new Map(
    Object.entries(header).map(
      ([
        key,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => [key, { dtype, shape, data: bytes.subarray(start + from, start + to) }],
    ),
  );
}

/** Writes a safetensors file, padded as the reference implementation pads it. */
export async function writeTensors(path: string, tensors: StoredTensors): Promise<string> {
  await writeFile(path, Buffer.concat([headerOf(tensors), ...[...tensors.values()].map(({ data }) => data)]));
  return path;
}

/** Writes a file of such f16 tensors that takes no place on disk: all are zeros. */
export async function writeHollow(path: string, shapes: Readonly<Record<string, number[]>>): Promise<string> {
  const tensors = Object.entries(shapes).map(([key, shape]) => {
    const length = 2 * shape.reduce((product, size) => product * size, 1);
    return [key, { dtype: 'F16', shape, data: { length } }] as const;
  });
  const header = headerOf(new Map(tensors));
  await writeFile(path, header);
  await truncate(
    path,
    tensors.reduce((sum, [, { data }]) => sum + data.length, header.length),
  );
  return path;
}

function headerOf(
  tensors: ReadonlyMap<string, { dtype: string; shape: readonly number[]; data: { length: number } }>,
): Buffer {
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const [key, { dtype, shape, data }] of tensors) {
    header[key] = { dtype, shape, data_offsets: [end, (end += data.length)] };
  }
  const text = JSON.stringify(header);
  const bytes = Buffer.from(text.padEnd(8 * Math.ceil(text.length / 8)));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([prefix, bytes]);
}

/** Zeros in f32, for keys whose values are of no interest. */
export function zeros(...shape: number[]): StoredTensor {
  return { dtype: 'F32', shape, data: new Uint8Array(4 * shape.reduce((a, b) => a * b, 1)) };
}

/** One whole number, as trainings count their steps. */
export function count(value: number): StoredTensor {
  return { dtype: 'I64', shape: [], data: new Uint8Array(BigInt64Array.of(BigInt(value)).buffer) };
}
