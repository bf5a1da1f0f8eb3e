import { join } from 'node:path';

import fc from 'fast-check';

import { OVStableDiffusionPipeline } from '../../../lib/index.js';
import { loadAndGenerate, ModelCopy } from '../models.js';
import { byteEdits, editBytes, type ByteEdit } from '../mutations.js';
import { target } from '../target.js';

/** A change of an .xml; `at` and `other` are fractions of the way through all places of the kind. */
type XmlEdit =
  | { edit: 'value'; of: 'data' | 'layer' | 'edge' | 'any'; at: number; value: string }
  | { edit: 'borrow' | 'drop'; of: 'data' | 'layer' | 'edge' | 'any'; at: number; other: number }
  | { edit: 'type'; at: number; type: string }
  | { edit: 'rewire'; at: number; other: number; fitting: boolean }
  | { edit: 'bytes'; edits: ByteEdit[] };

const place = fc.double({ min: 0, max: 1, noNaN: true });
const oddValue = fc.constantFrom(
  ...[
    '',
    '0',
    '-1',
    '1',
    '2',
    '3',
    '7',
    '1000000',
    '4294967296',
    '9223372036854775807',
    '-9223372036854775808',
    '1e30',
  ],
  ...[
    'nan',
    'true',
    'false',
    '1, 1',
    '-1, -1',
    '0, 0',
    '1, 1, 1, 1',
    '1000000, 1000000',
    '?',
    '?,?',
    '...',
    '1..3',
  ],
  ...[
    'f32',
    'f16',
    'i64',
    'i32',
    'u8',
    'u4',
    'i4',
    'boolean',
    'dynamic',
    'string',
    'valid',
    'same_upper',
    'tanh',
    'linear',
  ],
);
const OTHER_TYPES = [
  ...[
    'Add',
    'Multiply',
    'Divide',
    'Mod',
    'Gather',
    'Reshape',
    'Transpose',
    'Concat',
    'Broadcast',
    'Tile',
    'Range',
  ],
  ...[
    'ShapeOf',
    'Squeeze',
    'Unsqueeze',
    'Slice',
    'StridedSlice',
    'VariadicSplit',
    'TopK',
    'MatMul',
    'Convolution',
  ],
  ...[
    'GroupConvolution',
    'ConvolutionBackpropData',
    'GroupNormalization',
    'MVN',
    'Swish',
    'Softmax',
    'Interpolate',
  ],
  ...[
    'ScaledDotProductAttention',
    'FakeQuantize',
    'OneHot',
    'NonZero',
    'CumSum',
    'Pad',
    'Einsum',
    'Select',
    'Convert',
  ],
  ...[
    'ReadValue',
    'Assign',
    'TensorIterator',
    'Loop',
    'If',
    'LSTMSequence',
    'NonMaxSuppression',
    'StringTensorPack',
  ],
];
const kind = fc.constantFrom(
  'data' as const,
  'data' as const,
  'layer' as const,
  'edge' as const,
  'any' as const,
);

const xmlEdit: fc.Arbitrary<XmlEdit> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ edit: fc.constant('value' as const), of: kind, at: place, value: oddValue }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ edit: fc.constant('borrow' as const), of: kind, at: place, other: place }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ edit: fc.constant('drop' as const), of: kind, at: place, other: place }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      edit: fc.constant('type' as const),
      at: place,
      type: fc.constantFrom(...OTHER_TYPES),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      edit: fc.constant('rewire' as const),
      at: place,
      other: place,
      fitting: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ edit: fc.constant('bytes' as const), edits: byteEdits }) },
);

interface Place {
  start: number;
  text: string;
  groups: string[];
}

function allOf(xml: string, pattern: RegExp): Place[] {
  return [...xml.matchAll(pattern)].map((match) => ({
    start: match.index,
    text: match[0],
    groups: match.slice(1),
  }));
}

function pick<T>(list: readonly T[], at: number): T | undefined {
  return list[Math.min(Math.floor(at * list.length), list.length - 1)];
}

function put(xml: string, { start, text }: Place, replacement: string): string {
  return xml.slice(0, start) + replacement + xml.slice(start + text.length);
}

/** Every attribute within elements of one kind. */
function attributesOf(xml: string, of: 'data' | 'layer' | 'edge' | 'any'): Place[] {
  const elements = allOf(xml, of === 'any' ? /<\w[^>]*>/g : new RegExp(`<${of} [^>]*>`, 'g'));
  return elements.flatMap(({ start, text }) =>
    allOf(text, /([\w-]+)="([^"]*)"/g).map((inner) => ({ ...inner, start: start + inner.start })),
  );
}

const EDGE = /<edge from-layer="(\d+)" from-port="(\d+)" to-layer="(\d+)" to-port="(\d+)" \/>/g;

/** What a port declares, by "layer:port": its type and sizes as text. */
function ports(xml: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const { text, groups } of allOf(xml, /<layer id="(\d+)".*?<\/layer>/gs)) {
    for (const port of allOf(text, /<port id="(\d+)"( precision="\w+")?[^>]*?(?:\/>|>(.*?)<\/port>)/gs)) {
      found.set(
        `${groups[0]!}:${port.groups[0]!}`,
        `${port.groups[1] ?? ''}${port.groups[2] ?? ''}`.replaceAll(/\s/g, ''),
      );
    }
  }
  return found;
}

function editXml(xml: string, edit: XmlEdit): string {
  switch (edit.edit) {
    case 'bytes':
      return editBytes(Buffer.from(xml), edit.edits).toString();
    case 'type': {
      const layer = pick(allOf(xml, / type="(\w+)"/g), edit.at);
      return layer ? put(xml, layer, ` type="${edit.type}"`) : xml;
    }
    case 'rewire': {
      const edges = allOf(xml, EDGE);
      const edge = pick(edges, edit.at);
      if (!edge) return xml;
      const [fromLayer = '', fromPort = '', toLayer = '', toPort = ''] = edge.groups;
      const declared = edit.fitting ? ports(xml) : undefined;
      const own = declared?.get(`${fromLayer}:${fromPort}`);
      const others = edges.filter(
        ({ groups: [layer = '', port = ''] }) =>
          layer !== fromLayer && declared?.get(`${layer}:${port}`) === own,
      );
      const [layer = fromLayer, port = fromPort] = pick(others, edit.other)?.groups ?? [];
      return put(
        xml,
        edge,
        `<edge from-layer="${layer}" from-port="${port}" to-layer="${toLayer}" to-port="${toPort}" />`,
      );
    }
    default: {
      const attributes = attributesOf(xml, edit.of);
      const attribute = pick(attributes, edit.at);
      if (!attribute) return xml;
      const [name = ''] = attribute.groups;
      if (edit.edit === 'drop') return put(xml, attribute, '');
      if (edit.edit === 'value') return put(xml, attribute, `${name}="${edit.value}"`);
      const others = attributes.filter(({ groups }) => groups[0] === name);
      return put(xml, attribute, pick(others, edit.other)?.text ?? '');
    }
  }
}

const NETWORKS = ['text_encoder', 'unet', 'vae_decoder'] as const;

/** Networks in OpenVINO IR with one or two things changed, through to an image. */
export const ir = target<{ network: (typeof NETWORKS)[number]; xml: XmlEdit[]; bin: ByteEdit[] }>({
  name: 'ir',
  prepare(folder) {
    const model = new ModelCopy('sd-tiny', join(folder, 'model'));
    const load = () => OVStableDiffusionPipeline.fromPretrained(model.folder);
    return Promise.resolve({
      inputs: fc.record({
        network: fc.constantFrom(...NETWORKS),
        xml: fc.array(xmlEdit, { minLength: 1, maxLength: 2 }),
        bin: fc.oneof(
          { weight: 4, arbitrary: fc.constant<ByteEdit[]>([]) },
          { weight: 1, arbitrary: byteEdits },
        ),
      }),
      warmUp: () => loadAndGenerate(load),
      run: ({ network, xml, bin }) => {
        const file = `${network}/openvino_model`;
        const changed = xml.reduce(editXml, model.read(`${file}.xml`).toString());
        return model.with(`${file}.xml`, changed, () =>
          model.with(`${file}.bin`, editBytes(model.read(`${file}.bin`), bin), () => loadAndGenerate(load)),
        );
      },
    });
  },
});
