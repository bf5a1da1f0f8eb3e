import { BYTE_LEVEL_PATTERN, CLIP_PATTERN, type TokenizerDefinition } from '../tokenizer-definition.js';
import { bytesOf } from '../byte-level.js';
import { IrFile, type Port } from './ir-file.js';

/** Concatenated strings, and the offsets in `chars` where each begins and ends. */
type Strings = readonly [begins: Port, ends: Port, chars: Port];
/** Rows of strings; `skips` marks special tokens, which later operations leave unchanged. */
type Pieces = readonly [rowBegins: Port, rowEnds: Port, begins: Port, ends: Port, chars: Port, skips: Port];
/** Rows of token ids. */
type Ids = readonly [begins: Port, ends: Port, ids: Port];

const STRINGS = ['i32', 'i32', 'u8'] as const;
const PIECES = ['i32', 'i32', ...STRINGS, 'boolean'] as const;
const IDS = ['i32', 'i32', 'i32'] as const;
/** No limit for Truncate, which overflows for lengths closer to the greatest i32. */
const NO_LIMIT = 2 ** 31 - 1 - 64;

/**
 * Builds CLIP's tokenizer from openvino_tokenizers' operations, layer for layer as that package converts it: strings
 * [batch] to `input_ids` and `attention_mask`, i64 [batch, longest]. Rows are framed by BOS and EOS; they are truncated
 * to `maxLength` while the variable `truncation` is true. Default: false.
 *
 * @returns undefined for a vocabulary whose merges are not byte-level
 * @see https://github.com/openvinotoolkit/openvino_tokenizers
 */
export function clipTokenizerNetwork(definition: TokenizerDefinition): IrFile | undefined {
  const merges = mergedBytes(definition);
  if (!merges) return undefined;
  const ir = new IrFile();
  const [text] = ir.layer(
    'opset1.Parameter',
    [],
    ['string'],
    { shape: '?', element_type: 'string' },
    'string_input',
  );
  const strings = ir.layer('opset15.StringTensorUnpack', [text], STRINGS);
  const pieces = splitSpecialTokens(ir, strings, definition);
  const words = splitWords(ir, normalize(ir, pieces));
  const tokens = bytePairs(ir, words, definition, merges);
  const framed = frame(ir, truncate(ir, tokens, definition), definition);
  const [ids, mask] = pad(ir, framed, definition);
  result(ir, ids, 'input_ids');
  result(ir, convert(ir, mask, 'i32'), 'attention_mask');
  return ir;
}

/** Splits each string into a row of pieces: added tokens, and the text between them. */
function splitSpecialTokens(ir: IrFile, strings: Strings, { addedTokens }: TokenizerDefinition): Pieces {
  const [shape] = ir.layer('opset3.ShapeOf', [strings[0]], ['i64'], { output_type: 'i64' });
  const [count] = ir.layer('opset8.Gather', [shape, i64(ir, 0), i64(ir, 0)], ['i64'], { batch_dims: 0 });
  const [end] = ir.layer('opset1.Add', [count, i64(ir, 1)], ['i64'], { auto_broadcast: 'numpy' });
  const range = (from: number, to: Port): Port =>
    ir.layer('opset4.Range', [i64(ir, from), to, i64(ir, 1)], ['i32'], { output_type: 'i32' })[0];
  const inputs = [range(0, count), range(1, end), ...strings, text(ir, patternOf(addedTokens))];
  return ir.layer('extension.SpecialTokensSplit', inputs, PIECES);
}

/** One group for each combination of lstrip and rstrip; of two tokens that match, the longer comes first. */
function patternOf(tokens: TokenizerDefinition['addedTokens']): string {
  const groups = new Map<string, string[]>();
  for (const { content, lstrip, rstrip } of [...tokens].sort((a, b) => (a.content < b.content ? 1 : -1))) {
    const spaces = (taken: boolean | undefined): string => (taken ? '(?:\\s*)' : '');
    const group = `${spaces(lstrip)}()${spaces(rstrip)}`;
    const literal = content.replace(/[^\p{L}\p{N}_]/gu, '\\$&');
    groups.set(group, [...(groups.get(group) ?? []), literal]);
  }
  return Array.from(groups, ([group, literals]) => group.replace('()', () => `(${literals.join('|')})`)).join(
    '|',
  );
}

/** NFC, lower case, each run of white space replaced by one space. */
function normalize(ir: IrFile, [rowBegins, rowEnds, ...strings]: Pieces): Pieces {
  const outputs = [...STRINGS, 'boolean'] as const;
  const lowered = ir.layer('extension.CharsMapNormalization', strings, outputs, {
    add_dummy_prefix: false,
    remove_extra_whitespaces: false,
    escape_whitespaces: false,
    normalization_form: 'nfc',
    case_fold: true,
    nmt: false,
  });
  const inputs = [...lowered, text(ir, '\\s+'), text(ir, ' ')];
  const spaced = ir.layer('extension.RegexNormalization', inputs, outputs, { global_replace: true });
  return [rowBegins, rowEnds, ...spaced];
}

function splitWords(ir: IrFile, pieces: Pieces): Pieces {
  const split = (from: Pieces, pattern: string, behaviour: string, invert: boolean): Pieces => {
    const attributes = { behaviour, invert, max_splits: -1 };
    return ir.layer('extension.RegexSplit', [...from, text(ir, pattern)], PIECES, attributes);
  };
  return split(split(pieces, CLIP_PATTERN, 'remove', true), BYTE_LEVEL_PATTERN, 'isolate', false);
}

function bytePairs(
  ir: IrFile,
  [rowBegins, rowEnds, begins, ends, chars]: Pieces,
  { vocab, addedTokens, unkToken }: TokenizerDefinition,
  [left, right]: readonly [Uint8Array[], Uint8Array[]],
): Ids {
  const inputs = [
    ...[rowBegins, rowEnds, begins, ends, chars],
    ...texts(ir, tokenBytes(vocab, addedTokens)),
    ...texts(ir, left),
    ...texts(ir, right),
    ...texts(
      ir,
      addedTokens.map(({ content }) => Buffer.from(content)),
    ),
    i32s(
      ir,
      addedTokens.map(({ id }) => id),
    ),
  ];
  return ir.layer('extension.BPETokenizer', inputs, IDS, {
    unk_token: unkToken,
    fuse_unk: false,
    suffix_indicator: '',
    end_suffix: '</w>',
    byte_fallback: false,
    cache_capacity: Math.max(20_000, Math.floor(Object.keys(vocab).length / 5)),
  });
}

/** Left and right parts of the merges, in order of rank. */
function mergedBytes({ merges }: TokenizerDefinition): [Uint8Array[], Uint8Array[]] | undefined {
  const sides = [0, 1].map((side) => merges.map((merge) => bytesOf(merge[side as 0 | 1])));
  const areBytes = sides.every((parts) => parts.every((part) => part !== undefined));
  return areBytes ? (sides as [Uint8Array[], Uint8Array[]]) : undefined;
}

/** Bytes of tokens by id; none for an id without a token. */
function tokenBytes(
  vocab: TokenizerDefinition['vocab'],
  addedTokens: TokenizerDefinition['addedTokens'],
): Uint8Array[] {
  const tokens: (Uint8Array | undefined)[] = [];
  for (const [token, id] of Object.entries(vocab)) tokens[id] = bytesOf(token);
  for (const { content, id } of addedTokens) tokens[id] = bytesOf(content) ?? Buffer.from(content);
  const none = new Uint8Array();
  return Array.from(tokens, (token) => token ?? none);
}

/** Truncates rows so that BOS and EOS still fit, while the variable `truncation` is true. */
function truncate(ir: IrFile, tokens: Ids, { maxLength }: TokenizerDefinition): Ids {
  const variable = { variable_id: 'truncation' };
  const [isTruncating] = ir.layer(
    'opset6.ReadValue',
    [ir.constant('boolean', [], Uint8Array.of(0))],
    ['boolean'],
    {
      ...variable,
      variable_type: 'dynamic',
      variable_shape: '...',
    },
  );
  ir.layer('opset6.Assign', [isTruncating], ['boolean'], variable);
  const limits = [i32(ir, maxLength - 2), i32(ir, NO_LIMIT)];
  const [limit] = ir.layer('opset1.Select', [isTruncating, ...limits], ['i32'], { auto_broadcast: 'numpy' });
  const inputs = [...tokens, limit, text(ir, 'right'), text(ir, 'longest_first')];
  return ir.layer('extension.Truncate', inputs, IDS, { m_num_inputs: 1 });
}

/** Adds BOS before and EOS after each row. */
function frame(ir: IrFile, tokens: Ids, { bosTokenId, eosTokenId }: TokenizerDefinition): Ids {
  const token = (id: number): Ids => [i32(ir, 0), i32(ir, 1), i32s(ir, [id])];
  const segments = i32s(ir, [0, 0, 0]);
  const inputs = [...token(bosTokenId), ...tokens, ...token(eosTokenId), segments];
  const [begins, ends, ids] = ir.layer('extension.CombineSegments', inputs, [...IDS, ...IDS]);
  return [begins, ends, ids];
}

/** Pads rows to the longest; the mask is true where ids are not padding. */
function pad(
  ir: IrFile,
  [begins, ends, ids]: Ids,
  { padTokenId }: TokenizerDefinition,
): readonly [ids: Port, mask: Port] {
  const [lengths] = ir.layer('opset1.Subtract', [ends, begins], ['i32'], { auto_broadcast: 'numpy' });
  const [longest] = ir.layer('opset1.ReduceMax', [lengths, i32(ir, 0)], ['i32'], { keep_dims: false });
  const inputs = [begins, ends, ids, longest, i32(ir, padTokenId)];
  const attributes = { pad_right: true, m_pad_max_length: false };
  return ir.layer('extension.RaggedToDense', inputs, ['i32', 'boolean'], attributes);
}

function result(ir: IrFile, output: Port, name: string): void {
  ir.layer('opset1.Result', [convert(ir, output, 'i64', name)], []);
}

function convert(ir: IrFile, input: Port, type: 'i32' | 'i64', name?: string): Port {
  return ir.layer('opset1.Convert', [input], [type], { destination_type: type }, name)[0];
}

function i64(ir: IrFile, value: number): Port {
  return ir.constant('i64', [], BigInt64Array.of(BigInt(value)));
}

function i32(ir: IrFile, value: number): Port {
  return ir.constant('i32', [], Int32Array.of(value));
}

function i32s(ir: IrFile, values: readonly number[]): Port {
  return ir.constant('i32', [values.length], Int32Array.from(values));
}

function text(ir: IrFile, value: string): Port {
  const bytes = Buffer.from(value);
  return ir.constant('u8', [bytes.length], bytes);
}

function texts(ir: IrFile, values: readonly Uint8Array[]): Strings {
  const ends: number[] = [];
  for (const { length } of values) ends.push((ends.at(-1) ?? 0) + length);
  const begins = values.map(({ length }, place) => (ends[place] ?? 0) - length);
  const chars = Buffer.concat(values);
  return [i32s(ir, begins), i32s(ir, ends), ir.constant('u8', [chars.length], chars)];
}
