import { Agent, Pool, ProxyAgent, type Dispatcher } from 'undici';

import { proxyFor } from './proxy.js';

/**
 * The connections of one download: through the proxy that the environment names for each origin, since a hub
 * redirects to stores of other names. (undici's EnvHttpProxyAgent does the same, but greets every user with a warning
 * that it is experimental.)
 */
export function httpAgent(): Agent {
  return new Agent({
    factory: (origin, options): Dispatcher => {
      const proxy = proxyFor(origin);
      return proxy ? new ProxyAgent({ uri: proxy.href }) : new Pool(origin, options);
    },
  });
}
