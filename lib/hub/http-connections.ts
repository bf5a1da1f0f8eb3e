import type { Agent, Dispatcher, fetch } from 'undici';

import { proxyFor } from './proxy.js';

/** `fetch` and the connections it uses. */
export interface HttpConnections {
  readonly fetch: typeof fetch;
  readonly agent: Agent;
}

/**
 * The connections of one download: through the proxy that the environment names for each origin, since a hub
 * redirects to stores of other names. (undici's EnvHttpProxyAgent does the same, but greets every user with a warning
 * that it is experimental.)
 *
 * undici is loaded here and not with the package: its parser is WebAssembly, which reserves gigabytes of address space
 * and fails under a limit of it.
 */
export async function openConnections(): Promise<HttpConnections> {
  const undici = await import('undici');
  const agent = new undici.Agent({
    factory: (origin, options): Dispatcher => {
      const proxy = proxyFor(origin);
      return proxy ? new undici.ProxyAgent({ uri: proxy.href }) : new undici.Pool(origin, options);
    },
  });
  return { fetch: undici.fetch, agent };
}
