/**
 * The first key that an object of a JSON text has twice. `JSON.parse` keeps the last one silently, which would let a
 * file say two things at once.
 *
 * @param text - valid JSON
 */
export function duplicateKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  let last = '';
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"': {
        const end = closingQuote(text, at);
        last = text.slice(at, end + 1);
        at = end;
        break;
      }
      case '{':
        open.push(new Set());
        break;
      case '}':
        open.pop();
        break;
      case ':': {
        const key = JSON.parse(last) as string;
        const keys = open.at(-1);
        if (keys?.has(key)) return key;
        keys?.add(key);
      }
    }
  }
  return undefined;
}

function closingQuote(text: string, opening: number): number {
  let at = opening + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
