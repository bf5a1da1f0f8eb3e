import { normalizeText } from './normalize.js';
import type { AddedTokenRules, NamedTokens, SpecialToken, TokenizerFiles } from './tokenizer-files.js';

/** Tokens that a text encoder's input is framed with, padded with, and that stand for unknown text. */
export type Role = 'bos_token' | 'eos_token' | 'unk_token' | 'pad_token';

const DEFAULT_TOKENS: Readonly<Record<string, string>> = {
  bos_token: '<|startoftext|>',
  eos_token: '<|endoftext|>',
  unk_token: '<|endoftext|>',
  pad_token: '<|endoftext|>',
};
/** In the order in which transformers adds them. */
const ROLES = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'];

/** A token that is matched in a text as a whole, before byte-pair encoding. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Not matched within a word. */
  readonly single_word: boolean;
  /** Removes white space before it. */
  readonly lstrip: boolean;
  /** Removes white space after it. */
  readonly rstrip: boolean;
  /** Matched in normalized text, by its own normalized content. */
  readonly normalized: boolean;
  readonly special: boolean;
}

/** A text that is matched, and its token's id. */
export interface TokenPattern {
  readonly text: string;
  readonly id: number;
}

export interface AddedTokens {
  /** By id. */
  readonly tokens: ReadonlyMap<number, AddedToken>;
  /** Matched first, in the text as typed. */
  readonly literal: readonly TokenPattern[];
  /** Matched in the text between those, once it is normalized. */
  readonly normalized: readonly TokenPattern[];
  /** Contents of the tokens with a role. */
  readonly roles: Readonly<Record<Role, string>>;
  readonly idOf: (content: string) => number | undefined;
}

/**
 * The added tokens that transformers' `CLIPTokenizer` (5.x) has for a folder. Their ids are the vocabulary's; those of
 * tokens that are not in it follow it, in the order in which they are declared.
 */
export function addedTokens(files: TokenizerFiles): AddedTokens {
  const { named, extra } = specialTokens(files);
  const declared = [...declaredTokens(files)].sort(([a], [b]) => a - b).map(([, token]) => token);
  const isDeclared = new Set(declared.map(({ content }) => content));
  const undeclared = [...named.values(), ...extra].filter((token) => !isDeclared.has(contentOf(token)));
  // Repeated tokens count once, as they stand in the files: before those with a name become special.
  const others = uniqueBy(undeclared, (token) =>
    JSON.stringify(typeof token === 'string' ? token : complete(token)),
  );
  const hasName = new Set([...named.values()].map(contentOf));

  const table = new AddedTokenTable(files.vocab);
  for (const token of [...declared, ...others.map(asRules)]) {
    table.add(complete(hasName.has(token.content) ? { ...token, special: true } : token));
  }
  const role = (name: Role): string => contentOf(named.get(name) ?? '');
  return {
    ...table.toAddedTokens(),
    roles: {
      bos_token: role('bos_token'),
      eos_token: role('eos_token'),
      unk_token: role('unk_token'),
      pad_token: role('pad_token'),
    },
  };
}

/** Tokens by the ids that files declare, which only give their order: `added_tokens_decoder`, or what it replaced. */
function declaredTokens(files: TokenizerFiles): Map<number, AddedTokenRules> {
  const { config, addedTokens: listed, legacyAddedTokens } = files;
  if (config.added_tokens_decoder) {
    return new Map(Object.entries(config.added_tokens_decoder).map(([id, token]) => [Number(id), token]));
  }
  const special = legacySpecialContents(files);
  const legacy = Object.entries(legacyAddedTokens).map(([content, id]): [number, AddedTokenRules] => {
    const isSpecial = special.has(content);
    return [id, { content, special: isSpecial, normalized: !isSpecial }];
  });
  return new Map([...legacy, ...listed.map(({ id, ...token }): [number, AddedTokenRules] => [id, token])]);
}

/** Which tokens of added_tokens.json are special: those the other two files name, in tokenizer_config.json as text. */
function legacySpecialContents({ config, specialTokensMap: map }: TokenizerFiles): Set<string> {
  const roles = ROLES.map(
    (role) => map[role] ?? (typeof config[role] === 'string' ? config[role] : undefined),
  );
  const ofConfig = listOf(config.extra_special_tokens ?? config.additional_special_tokens);
  const extra = [
    ...ofConfig.filter((token) => typeof token === 'string'),
    ...listOf(map.extra_special_tokens),
  ];
  return new Set([...roles.filter(isToken), ...extra].map(contentOf));
}

/** Tokens by their names, and those without. special_tokens_map.json is read only without `added_tokens_decoder`. */
function specialTokens({ config, specialTokensMap }: TokenizerFiles): {
  named: Map<string, SpecialToken>;
  extra: SpecialToken[];
} {
  const map = config.added_tokens_decoder ? {} : asSpecial(specialTokensMap);
  const merged = { ...DEFAULT_TOKENS, ...withoutNull(config), ...withoutNull(map) };
  const names = [
    ...ROLES,
    ...Object.keys(merged).filter((key) => key.endsWith('_token') && !ROLES.includes(key)),
  ];
  const named = new Map(
    names.flatMap((name) => {
      // Of a model's own names, tokenizer_config.json's text counts; of the others, the map's.
      const isOwnText = !ROLES.includes(name) && typeof config[name] === 'string';
      const token = isOwnText ? config[name] : merged[name];
      return isToken(token) ? [[name, token] as const] : [];
    }),
  );
  const further = [config.extra_special_tokens ?? config.additional_special_tokens, map.extra_special_tokens];
  if (!further.some(Array.isArray)) further.push(map.additional_special_tokens);
  for (const tokens of further) {
    if (Array.isArray(tokens)) continue;
    for (const [name, token] of Object.entries(tokens ?? {})) named.set(name, token);
  }
  return { named, extra: further.flatMap(listOf) };
}

/** Tokens of the map are special, and so not normalized unless they say otherwise. */
function asSpecial(map: NamedTokens): NamedTokens {
  const special = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(special);
    return typeof value === 'object' && isToken(value) ? { ...value, special: true } : value;
  };
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, special(value)]));
}

function withoutNull(tokens: NamedTokens): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(tokens).filter(([, token]) => token !== null && token !== undefined),
  );
}

function listOf(tokens: NamedTokens['extra_special_tokens']): SpecialToken[] {
  return Array.isArray(tokens) ? tokens : [];
}

function isToken(value: unknown): value is SpecialToken {
  if (typeof value === 'string') return true;
  return (
    typeof value === 'object' && value !== null && 'content' in value && typeof value.content === 'string'
  );
}

function contentOf(token: SpecialToken): string {
  return typeof token === 'string' ? token : token.content;
}

function asRules(token: SpecialToken): AddedTokenRules {
  return typeof token === 'string' ? { content: token, special: true } : token;
}

function complete({
  content,
  single_word,
  lstrip,
  rstrip,
  normalized,
  special,
}: AddedTokenRules): Omit<AddedToken, 'id'> {
  return {
    content,
    single_word: single_word ?? false,
    lstrip: lstrip ?? false,
    rstrip: rstrip ?? false,
    normalized: normalized ?? !special,
    special: special ?? false,
  };
}

/**
 * The tokenizers library's `AddedVocabulary`: of a token that is added more than once, the first that is special decides
 * where it is looked for, the last what it takes along.
 */
class AddedTokenTable {
  readonly #vocab: ReadonlyMap<string, number>;
  readonly #tokens = new Map<number, AddedToken>();
  readonly #ids = new Map<string, number>();
  readonly #special = new Map<string, Omit<AddedToken, 'id'>>();
  readonly #others: Omit<AddedToken, 'id'>[] = [];
  readonly #seen = new Set<string>();
  #nextId: number;

  constructor(vocab: TokenizerFiles['vocab']) {
    this.#vocab = new Map(Object.entries(vocab));
    this.#nextId = this.#vocab.size;
  }

  add(token: Omit<AddedToken, 'id'>): void {
    const { content } = token;
    const identity = JSON.stringify(token);
    if (content === '' || this.#seen.has(identity)) return;
    this.#seen.add(identity);
    const id = this.#ids.get(content) ?? this.#vocab.get(content) ?? this.#nextId;
    this.#nextId = Math.max(this.#nextId, id + 1);
    this.#ids.set(content, id);
    this.#tokens.set(id, { ...token, id });
    if (!token.special) this.#others.push(token);
    else if (!this.#special.has(content)) this.#special.set(content, token);
  }

  toAddedTokens(): Omit<AddedTokens, 'roles'> {
    const others = this.#others.filter(({ content }) => !this.#special.has(content));
    const literal: TokenPattern[] = [];
    const normalized: TokenPattern[] = [];
    for (const token of [...this.#special.values(), ...others]) {
      const id = this.#ids.get(token.content);
      if (id === undefined) continue;
      if (token.normalized) normalized.push({ text: normalizeText(token.content), id });
      else literal.push({ text: token.content, id });
    }
    return { tokens: this.#tokens, literal, normalized, idOf: (content) => this.#ids.get(content) };
  }
}

function uniqueBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  const byKey = new Map<string, Item>();
  for (const item of items) if (!byKey.has(keyOf(item))) byKey.set(keyOf(item), item);
  return [...byKey.values()];
}
