import { getProxyForUrl } from 'proxy-from-env';

import { InvalidArgumentError } from '../common/errors.js';

/**
 * The proxy for requests to an address, from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` in either case.
 *
 * @returns undefined where requests go directly
 * @throws InvalidArgumentError for a variable that names no HTTP proxy; its message quotes no password
 */
export function proxyFor(address: string | URL): URL | undefined {
  const text = getProxyForUrl(address.toString());
  if (text === '') return undefined;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy && /^https?:$/.test(proxy.protocol) && proxy.hostname !== '') return proxy;
  const scheme = new URL(address).protocol.slice(0, -1);
  const name = nameSet(`${scheme}_proxy`) ?? nameSet('all_proxy') ?? `${scheme.toUpperCase()}_PROXY`;
  const found = proxy ? `a proxy of the kind '${proxy.protocol.slice(0, -1)}'` : 'no address';
  throw new InvalidArgumentError(
    `The environment variable ${name} must be the address of an HTTP proxy such as http://proxy:3128, but is ${found}`,
  );
}

/** A proxy's address as messages may show it: without user and password. */
export function describeProxy({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}

function nameSet(name: string): string | undefined {
  return [name, name.toUpperCase()].find((candidate) => process.env[candidate]);
}
