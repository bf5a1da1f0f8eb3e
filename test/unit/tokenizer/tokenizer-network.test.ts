import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { XMLParser } from 'fast-xml-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { saveTokenizerNetwork } from '../../../lib/tokenizer/network/save-tokenizer-network.js';
import reference from '../../fixtures/reference/tokenizer-networks.json' with { type: 'json' };

const ROOT = join(import.meta.dirname, '../../..');
const NAMES = ['openvino_tokenizer.bin', 'openvino_tokenizer.xml'];
let work: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'tokenizer-network-'));
});

afterAll(async () => {
  await rm(work, { recursive: true });
});

type Attributes = Record<string, string>;

interface Layer extends Attributes {
  type: string;
  version: string;
}

interface Network {
  layers: { attributes: Layer; data: Attributes; inputs: Attributes[]; outputs: Attributes[] }[];
  /** By 'layer.port' that takes: 'layer.port' that gives. */
  sources: Map<string, string>;
  info: Record<string, { value: string }>;
}

function readNetwork(xml: string): Network {
  interface Parsed {
    net: {
      layers: {
        layer: (Layer & {
          data?: Attributes;
          input?: { port: Attributes[] };
          output?: { port: Attributes[] };
        })[];
      };
      edges: { edge: Attributes[] };
      rt_info: Network['info'];
    };
  }
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseAttributeValue: false,
    trimValues: false,
    htmlEntities: true,
    isArray: (name) => ['layer', 'edge', 'port'].includes(name),
  });
  const { net } = parser.parse(xml) as Parsed;
  return {
    layers: net.layers.layer.map(({ data = {}, input, output, ...attributes }) => ({
      attributes: attributes,
      data,
      inputs: input?.port ?? [],
      outputs: output?.port ?? [],
    })),
    sources: new Map(
      net.edges.edge.map((edge) => [
        `${edge['to-layer']}.${edge['to-port']}`,
        `${edge['from-layer']}.${edge['from-port']}`,
      ]),
    ),
    info: net.rt_info,
  };
}

/** A constant's type, shape and, where it is short, value; else the beginning of its hash. */
function describeConstant(data: Attributes, weights: Buffer): string {
  const start = Number(data.offset);
  const bytes = weights.subarray(start, start + Number(data.size));
  const numbers = {
    i32: () => Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readInt32LE(i * 4)),
    i64: () => Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readBigInt64LE(i * 8)),
    boolean: () => [...bytes],
  }[data.element_type!];
  const value = numbers
    ? bytes.length <= 32 && numbers().join(',')
    : bytes.length <= 128 && JSON.stringify(bytes.toString());
  const shown = value === false ? createHash('sha256').update(bytes).digest('hex').slice(0, 16) : value;
  return `${data.element_type} [${data.shape}] ${shown}`;
}

/** One line a layer, in the order in which walks from the results and the sinks to the input leave them. */
function describeNetwork({ layers, sources }: Network, weights: Buffer): string[] {
  const byId = new Map(layers.map((layer) => [layer.attributes.id!, layer]));
  const numbers = new Map<string, number>();
  const lines: string[] = [];
  const visit = (id: string): void => {
    if (numbers.has(id)) return;
    const { attributes, data, inputs, outputs } = byId.get(id)!;
    const taken = inputs.map((port) => {
      const [layer = '', output] = sources.get(`${id}.${port.id}`)!.split('.');
      visit(layer);
      const place = byId.get(layer)!.outputs.findIndex((candidate) => candidate.id === output);
      return `${numbers.get(layer)}.${place}`;
    });
    const shown =
      attributes.type === 'Const'
        ? [describeConstant(data, weights)]
        : Object.entries(data)
            .map(([name, value]) => `${name}=${value}`)
            .sort();
    numbers.set(id, lines.length);
    const operation = `${attributes.version}.${attributes.type}`;
    const given = outputs.map(({ precision }) => precision);
    lines.push([operation, ...shown, '<-', ...taken, '->', ...given].join(' '));
  };
  for (const kind of ['Result', 'Assign']) {
    for (const { attributes } of layers) if (attributes.type === kind) visit(attributes.id!);
  }
  return lines;
}

async function folderOf(source: string, files: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = join(await mkdtemp(join(work, 'case-')), 'tokenizer');
  await cp(join(ROOT, source), folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), JSON.stringify(content));
  }
  return folder;
}

describe('a tokenizer saved as a network', () => {
  it.each(Object.entries(reference))(
    "has openvino_tokenizers' layers, constants and wiring: %s",
    async (_, { source, files, outputs, ids, layers }) => {
      const folder = await folderOf(source, files);
      await saveTokenizerNetwork(folder);
      const network = readNetwork(await readFile(join(folder, 'openvino_tokenizer.xml'), 'utf8'));
      const weights = await readFile(join(folder, 'openvino_tokenizer.bin'));
      expect(describeNetwork(network, weights)).toEqual(layers);

      const names = network.layers
        .filter(({ attributes }) => attributes.type === 'Convert' && attributes.name?.match(/^[a-z]/))
        .map(({ attributes }) => attributes.name);
      expect(names).toEqual(outputs);
      for (const [name, id] of Object.entries(ids)) expect(network.info[name]).toEqual({ value: String(id) });
    },
  );

  it('stays as it is where it is there already', async () => {
    const folder = await folderOf('packages/shapes/tokenizer', {});
    await writeFile(join(folder, 'openvino_tokenizer.xml'), 'whatever it was');
    await saveTokenizerNetwork(folder);
    expect(await readFile(join(folder, 'openvino_tokenizer.xml'), 'utf8')).toBe('whatever it was');
    expect(await readdir(folder)).not.toContain('openvino_tokenizer.bin');
  });

  it('begins every constant where its elements can be read in place', async () => {
    const folder = await folderOf('packages/shapes/tokenizer', {});
    await saveTokenizerNetwork(folder);
    const { layers } = readNetwork(await readFile(join(folder, 'openvino_tokenizer.xml'), 'utf8'));
    const offsets = layers
      .filter(({ data }) => data.offset !== undefined)
      .map(({ data }) => Number(data.offset));
    expect(offsets.length).toBeGreaterThan(20);
    for (const offset of offsets) expect(offset % 8).toBe(0);
  });

  it('writes an unknown token with characters that XML would take for its own', async () => {
    const content = '<"&\'\n>';
    const folder = await folderOf('test/fixtures/small-tokenizer', {
      'tokenizer_config.json': {
        bos_token: '<|startoftext|>',
        eos_token: '<|endoftext|>',
        pad_token: '<|endoftext|>',
        unk_token: content,
        added_tokens_decoder: {
          688: { content: '<|startoftext|>' },
          689: { content: '<|endoftext|>' },
          690: { content },
        },
      },
    });
    await saveTokenizerNetwork(folder);
    const { layers } = readNetwork(await readFile(join(folder, 'openvino_tokenizer.xml'), 'utf8'));
    expect(layers.find(({ attributes }) => attributes.type === 'BPETokenizer')?.data.unk_token).toBe(content);
  });

  const json = async (change: (tokenizer: { model: { merges: unknown[] } }) => void): Promise<string> => {
    const path = join(ROOT, 'test/fixtures/small-tokenizer/tokenizer.json');
    const tokenizer = JSON.parse(await readFile(path, 'utf8')) as { model: { merges: unknown[] } };
    change(tokenizer);
    return JSON.stringify(tokenizer);
  };
  it.each([
    ['of another class', 'tokenizer_config.json', () => '{"tokenizer_class": "T5Tokenizer"}'],
    ['that is broken', 'tokenizer.json', () => '{'],
    ['that does not spell bytes', 'tokenizer.json', () => json(({ model }) => model.merges.push(['▁', 'a']))],
  ])('is left out for a tokenizer %s', async (_, name, text) => {
    const folder = await folderOf('test/fixtures/small-tokenizer', {});
    await writeFile(join(folder, name), await text());
    await saveTokenizerNetwork(folder);
    expect((await readdir(folder)).filter((file) => NAMES.includes(file))).toEqual([]);
  });
});
