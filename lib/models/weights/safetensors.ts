import { inspect } from 'node:util';

import { ModelLoadError } from '../../common/errors.js';
import { duplicateKey, jsonExcess, type JsonLimits } from '../../common/json-text.js';
import { MappedFile } from '../../runtime/index.js';

/** Bytes of one element of each type the format knows whose elements are whole bytes. */
const ELEMENT_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  F8_E8M0: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
} as const;

/** An element type by the name safetensors gives it. */
export type SafetensorsType = keyof typeof ELEMENT_BYTES;

/** Where a tensor lies in its file. */
export interface SafetensorsEntry {
  readonly type: SafetensorsType;
  readonly shape: readonly number[];
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly byteLength: number;
}

/** The header's length stands in front of it as a 64-bit number. */
const LENGTH_BYTES = 8;

/**
 * Headers take some 130 bytes a tensor: 350 kB in a checkpoint of SDXL, 100 kB in a transformer of Flux. What trainers
 * of LoRAs note about their images in `__metadata__` adds a few megabytes at most. The reference implementation would
 * read 100 MB, of which a hostile header makes gigabytes.
 */
const MAX_HEADER_BYTES = 16 * 2 ** 20;

/** The header, a tensor, its shape; and a dozen values for each of 20,000 tensors, where SDXL has 2,600. */
const HEADER_LIMITS: JsonLimits = { maxDepth: 3, maxValues: 250_000 };

/** An open file and what it holds. */
export interface SafetensorsFile {
  readonly path: string;
  readonly mapping: MappedFile;
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
}

/**
 * Maps a safetensors file and reads its header; the tensors themselves stay untouched.
 *
 * Checked as the format asks: the header's length and text, every type, shape and range, no key twice, and the
 * ranges covering all bytes behind the header without hole or overlap.
 *
 * @see https://huggingface.co/docs/safetensors — "Format"
 * @throws ModelLoadError `MODEL_NOT_FOUND` or `MODEL_CORRUPT`
 */
export function openSafetensors(path: string): SafetensorsFile {
  const mapping = new MappedFile(path);
  try {
    return { path, mapping, entries: readHeader(mapping, path) };
  } catch (error) {
    mapping.dispose();
    throw error;
  }
}

function readHeader(mapping: MappedFile, path: string): Map<string, SafetensorsEntry> {
  const corrupt = (reason: string, cause?: unknown): ModelLoadError =>
    new ModelLoadError('MODEL_CORRUPT', `${path} is not a whole safetensors file: ${reason}`, { cause });

  if (mapping.byteLength < LENGTH_BYTES) throw corrupt(`it has only ${mapping.byteLength} bytes`);
  const declared = new DataView(mapping.read(0, LENGTH_BYTES).buffer).getBigUint64(0, true);
  if (declared > BigInt(Math.min(mapping.byteLength - LENGTH_BYTES, MAX_HEADER_BYTES))) {
    throw corrupt(`its header is said to have ${declared.toString()} bytes, more than can be`);
  }
  const headerBytes = Number(declared);
  const start = LENGTH_BYTES + headerBytes;

  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      mapping.read(LENGTH_BYTES, headerBytes),
    );
  } catch (cause) {
    throw corrupt('its header is not text', cause);
  }
  const excess = jsonExcess(text, HEADER_LIMITS);
  if (excess !== undefined) throw corrupt(`its header is not one of tensors: ${excess}`);
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw corrupt('its header is not JSON', cause);
  }
  if (!text.startsWith('{') || !isObject(header)) throw corrupt('its header is not an object');
  const twice = duplicateKey(text);
  if (twice !== undefined) throw corrupt(`its header has the key ${shown(twice)} twice`);

  const entries = new Map<string, SafetensorsEntry>();
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      if (isObject(value) && Object.values(value).every((text) => typeof text === 'string')) continue;
      throw corrupt('its __metadata__ does not map strings to strings');
    }
    const entry = readEntry(value, start);
    if (typeof entry === 'string') throw corrupt(`tensor ${shown(name)} ${entry}`);
    entries.set(name, entry);
  }
  const gap = firstGap(entries, start, mapping.byteLength);
  if (gap !== undefined) throw corrupt(gap);
  return entries;
}

/** A tensor's description, or what is wrong with it. */
function readEntry(value: unknown, start: number): SafetensorsEntry | string {
  if (!isObject(value)) return 'is not described by an object';
  const { dtype, shape, data_offsets: offsets, ...surplus } = value;
  const [unknown] = Object.keys(surplus);
  if (unknown !== undefined) return `has a property ${shown(unknown)}`;
  if (typeof dtype !== 'string' || !Object.hasOwn(ELEMENT_BYTES, dtype)) {
    return `is of an unknown type: ${shown(dtype)}`;
  }
  if (!isSizes(shape)) return `has no valid shape: ${shown(shape)}`;
  if (!isSizes(offsets)) return `has no valid data_offsets: ${shown(offsets)}`;

  const [begin = -1, end = -1, ...more] = offsets;
  const type = dtype as SafetensorsType;
  // The product is exact as long as it is safe; beyond that no file has so many bytes.
  const byteLength = shape.includes(0)
    ? 0
    : shape.reduce((product, size) => product * size, ELEMENT_BYTES[type]);
  if (end < 0 || more.length > 0 || end - begin !== byteLength || !Number.isSafeInteger(byteLength)) {
    return `of type ${dtype} and shape ${shown(shape)} does not fit its data_offsets ${shown(offsets)}`;
  }
  return { type, shape, offset: start + begin, byteLength };
}

/** Where the tensors leave bytes out, share some, or leave the file. */
function firstGap(
  entries: ReadonlyMap<string, SafetensorsEntry>,
  start: number,
  fileBytes: number,
): string | undefined {
  const inOrder = [...entries].sort(([, a], [, b]) => a.offset - b.offset || a.byteLength - b.byteLength);
  let expected = start;
  for (const [name, { offset, byteLength }] of inOrder) {
    if (offset > expected) return `${offset - expected} bytes before tensor ${shown(name)} belong to none`;
    if (offset < expected) return `tensor ${shown(name)} overlaps the one before it`;
    expected = offset + byteLength;
  }
  if (expected > fileBytes) return `it ends ${expected - fileBytes} bytes early`;
  if (expected < fileBytes) return `its last ${fileBytes - expected} bytes belong to no tensor`;
  return undefined;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}

/** What a broken header says, cut short: it may be of any depth and length. */
function shown(value: unknown): string {
  return inspect(value, { depth: 1, maxArrayLength: 8, maxStringLength: 100, breakLength: Infinity });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
