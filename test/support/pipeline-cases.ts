/** A tensor in a file of reference values. */
export interface Encoded {
  shape: number[];
  base64: string;
}

export const bytesOf = ({ base64 }: Encoded): Buffer => Buffer.from(base64, 'base64');
export const floatsOf = (encoded: Encoded): Float32Array =>
  new Float32Array(Uint8Array.from(bytesOf(encoded)).buffer);

/** diffusers' options of a case in camelCase, without those of the comparison. */
export function optionsOf(
  entry: object,
  own: readonly string[] = ['name', 'prompt', 'latents', 'images'],
): object {
  const options = Object.entries(entry).filter(([key]) => !own.includes(key));
  return Object.fromEntries(
    options.map(([key, value]) => [
      key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      value as unknown,
    ]),
  );
}
