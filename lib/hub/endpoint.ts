/** A text as the address of a hub, without slashes at its end; undefined where it is none. */
export function parseEndpoint(text: string): string | undefined {
  const address = text.trim().replace(/\/+$/, '');
  if (!URL.canParse(address)) return undefined;
  const { protocol, hostname, username, password, search, hash } = new URL(address);
  const isPlain = username === '' && password === '' && search === '' && hash === '';
  return /^https?:$/.test(protocol) && hostname !== '' && isPlain ? address : undefined;
}
