import { writeFile } from 'node:fs/promises';

/** A file of this header, given as text or to be written as JSON, and so many bytes of data. */
export function bytesOf(header: unknown, dataBytes: number, declared?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, declared ?? BigInt(text.length), true);
  file.set(text, 8);
  for (let at = 0; at < dataBytes; at++) file[8 + text.length + at] = at % 120;
  return file;
}

export async function writeSafetensors(path: string, header: unknown, dataBytes: number): Promise<void> {
  await writeFile(path, bytesOf(header, dataBytes));
}
