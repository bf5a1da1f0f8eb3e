import fc from 'fast-check';

/** A change of a file's bytes; places are fractions of its length. */
export type ByteEdit =
  | { edit: 'overwrite' | 'insert'; at: number; bytes: readonly number[] }
  | { edit: 'remove' | 'repeat'; at: number; length: number }
  | { edit: 'move'; at: number; length: number; to: number }
  | { edit: 'cut'; at: number }
  | { edit: 'empty' }
  | { edit: 'zeros'; length: number };

const place = fc.double({ min: 0, max: 1, noNaN: true });
const length = fc.oneof(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 1, max: 5000 }));
const bytes = fc.array(fc.oneof(fc.constantFrom(0, 0x7f, 0x80, 0xff, 0x22, 0x5c, 0x3c, 0x7b), fc.nat(255)), {
  minLength: 1,
  maxLength: 12,
});

const byteEdit: fc.Arbitrary<ByteEdit> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ edit: fc.constant('overwrite' as const), at: place, bytes }) },
  { weight: 2, arbitrary: fc.record({ edit: fc.constant('insert' as const), at: place, bytes }) },
  { weight: 2, arbitrary: fc.record({ edit: fc.constant('remove' as const), at: place, length }) },
  { weight: 1, arbitrary: fc.record({ edit: fc.constant('repeat' as const), at: place, length }) },
  { weight: 1, arbitrary: fc.record({ edit: fc.constant('move' as const), at: place, length, to: place }) },
  { weight: 2, arbitrary: fc.record({ edit: fc.constant('cut' as const), at: place }) },
  { weight: 1, arbitrary: fc.constant({ edit: 'empty' as const }) },
  { weight: 1, arbitrary: fc.record({ edit: fc.constant('zeros' as const), length }) },
);

export const byteEdits = fc.array(byteEdit, { minLength: 1, maxLength: 4 });

export function editBytes(original: Buffer, edits: readonly ByteEdit[]): Buffer {
  return edits.reduce((file, edit) => {
    const at = 'at' in edit ? Math.floor(edit.at * file.length) : 0;
    switch (edit.edit) {
      case 'overwrite':
        return Buffer.concat([
          file.subarray(0, at),
          Buffer.from(edit.bytes),
          file.subarray(at + edit.bytes.length),
        ]);
      case 'insert':
        return Buffer.concat([file.subarray(0, at), Buffer.from(edit.bytes), file.subarray(at)]);
      case 'remove':
        return Buffer.concat([file.subarray(0, at), file.subarray(at + edit.length)]);
      case 'repeat':
        return Buffer.concat([file.subarray(0, at + edit.length), file.subarray(at)]);
      case 'move': {
        const moved = file.subarray(at, at + edit.length);
        const without = Buffer.concat([file.subarray(0, at), file.subarray(at + edit.length)]);
        const to = Math.floor(edit.to * without.length);
        return Buffer.concat([without.subarray(0, to), moved, without.subarray(to)]);
      }
      case 'cut':
        return file.subarray(0, at);
      case 'empty':
        return Buffer.alloc(0);
      case 'zeros':
        return Buffer.concat([file, Buffer.alloc(edit.length)]);
    }
  }, original);
}

/** A change of a value of JSON: its place is a fraction of the way through all values. */
export type JsonEdit =
  | { edit: 'replace'; at: number; value: unknown }
  | { edit: 'remove' | 'repeat'; at: number }
  | { edit: 'add'; at: number; key: string; value: unknown }
  | { edit: 'exchange'; at: number; with: number }
  | { edit: 'nest'; at: number; depth: number }
  | { edit: 'lengthen'; at: number; times: number };

const oddNumber = fc.constantFrom(
  -1,
  0,
  0.5,
  1e-300,
  1e300,
  1e9,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 63,
  2 ** 64,
  -(2 ** 63),
);
const oddString = fc.oneof(
  fc.constantFrom(
    '',
    '..',
    '/etc/passwd',
    '\0',
    '__proto__',
    'constructor',
    'x'.repeat(100_000),
    '\ud800',
    'NaN',
  ),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);
const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, false),
  oddNumber,
  oddString,
  fc.jsonValue({ maxDepth: 2 }),
  fc.array(oddNumber, { maxLength: 6 }),
);
const key = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', 'length', ''), fc.string());

const jsonEdit: fc.Arbitrary<JsonEdit> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ edit: fc.constant('replace' as const), at: place, value: oddValue }) },
  { weight: 3, arbitrary: fc.record({ edit: fc.constant('remove' as const), at: place }) },
  { weight: 2, arbitrary: fc.record({ edit: fc.constant('exchange' as const), at: place, with: place }) },
  { weight: 1, arbitrary: fc.record({ edit: fc.constant('repeat' as const), at: place }) },
  { weight: 2, arbitrary: fc.record({ edit: fc.constant('add' as const), at: place, key, value: oddValue }) },
  {
    weight: 1,
    arbitrary: fc.record({
      edit: fc.constant('nest' as const),
      at: place,
      depth: fc.constantFrom(10, 1000, 100_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      edit: fc.constant('lengthen' as const),
      at: place,
      times: fc.constantFrom(10, 10_000, 300_000),
    }),
  },
);

export const jsonEdits = fc.array(jsonEdit, { minLength: 1, maxLength: 3 });

type Holder = Record<string | number, unknown>;

/** Every place a value stands in: the object or list that holds it, and under which key. */
function places(root: Holder): { holder: Holder; key: string }[] {
  const found: { holder: Holder; key: string }[] = [];
  const open = [root];
  for (let holder = open.pop(); holder; holder = open.pop()) {
    for (const [name, value] of Object.entries(holder)) {
      found.push({ holder, key: name });
      if (typeof value === 'object' && value !== null) open.push(value as Holder);
    }
  }
  return found;
}

/** The file's text with its values changed. What nests too deep for JSON.stringify is put in as text. */
export function editJson(text: string, edits: readonly JsonEdit[]): string {
  const root: Holder = { root: JSON.parse(text) as unknown };
  const nested: number[] = [];
  for (const edit of edits) {
    const all = places(root);
    const at = all[Math.min(Math.floor(edit.at * all.length), all.length - 1)];
    if (at) applyEdit(at.holder, at.key, edit, all, nested);
  }
  return nested.reduce(
    (json, depth, index) => json.replace(`"nested ${index}"`, '['.repeat(depth) + ']'.repeat(depth)),
    root.root === undefined ? '' : JSON.stringify(root.root),
  );
}

function applyEdit(
  holder: Holder,
  name: string,
  edit: JsonEdit,
  all: { holder: Holder; key: string }[],
  nested: number[],
): void {
  const value = holder[name];
  switch (edit.edit) {
    case 'replace':
      holder[name] = edit.value;
      break;
    case 'remove':
      if (Array.isArray(holder)) holder.splice(Number(name), 1);
      else Reflect.deleteProperty(holder, name);
      break;
    case 'repeat':
      if (Array.isArray(holder)) holder.push(value);
      else holder[`${name}2`] = value;
      break;
    case 'add': {
      const to = typeof value === 'object' && value !== null ? value : holder;
      if (Array.isArray(to)) to.push(edit.value);
      else {
        const property = { value: edit.value, enumerable: true, configurable: true, writable: true };
        Object.defineProperty(to, edit.key, property);
      }
      break;
    }
    case 'exchange': {
      const other = all[Math.min(Math.floor(edit.with * all.length), all.length - 1)];
      // One may hold the other: then it is only copied, as JSON has no circles.
      const copy = structuredClone(other?.holder[other.key]);
      holder[name] = copy;
      break;
    }
    case 'nest':
      holder[name] = `nested ${nested.length}`;
      nested.push(edit.depth);
      break;
    case 'lengthen': {
      // Files of some megabytes: what makes longer ones is the test's memory, not the library's.
      const longest = MAX_LENGTHENED / JSON.stringify(value ?? null).length;
      holder[name] = Array.from({ length: Math.min(edit.times, longest) }, () => structuredClone(value));
    }
  }
}

const MAX_LENGTHENED = 4e6;
