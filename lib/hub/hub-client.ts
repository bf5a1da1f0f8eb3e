import type { Response as UndiciResponse } from 'undici';

import { HubError } from '../common/errors.js';
import { version } from '../common/version.js';
import { openConnections, type HttpConnections } from './http-connections.js';
import { httpError, type RequestInfo } from './http-error.js';
import { describeProxy, proxyFor } from './proxy.js';
import { TransientFailure, withRetries, type Sleep } from './retries.js';
import { Watchdog } from './watchdog.js';

/** The longest answer of the hub's API that is read, in bytes; a page of 1000 files has some 500 kB. */
const MAX_ANSWER_BYTES = 16 * 2 ** 20;

export interface HubClientOptions {
  /** The hub's address, without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly id: string;
  readonly revision: string;
  /** Milliseconds without a byte after which a request has failed. */
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly sleep: Sleep;
}

/** A response whose body is being read. */
export interface Download {
  readonly status: number;
  readonly headers: UndiciResponse['headers'];
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** HTTP with one repository of the hub: sends the token only to the hub, times out, retries, and explains failures. */
export class HubClient {
  readonly options: HubClientOptions;
  readonly #request: RequestInfo;
  #connections: Promise<HttpConnections> | undefined;
  readonly #proxy: URL | undefined;

  /** @throws InvalidArgumentError where the environment names a proxy that is none */
  constructor(options: HubClientOptions) {
    this.options = options;
    const { endpoint, id, revision, token } = options;
    this.#request = { endpoint, id, revision, withToken: token !== undefined };
    this.#proxy = proxyFor(endpoint);
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    await (await this.#connections)?.agent.destroy();
  }

  /** The address of a file's content. */
  fileUrl(commit: string, path: string): string {
    const { endpoint, id } = this.options;
    return `${endpoint}/${id}/resolve/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`;
  }

  /**
   * A `fetch` for `@huggingface/hub`: reads short answers completely, and throws for those that are no success.
   *
   * @param limits - `attempts` for each request (default: as many as are worth it), and how many requests there may
   * be in all (default: any number)
   * @throws HubError; the signal's reason when aborted
   */
  fetchWith({
    attempts,
    maxRequests = Infinity,
  }: { attempts?: number | undefined; maxRequests?: number } = {}): typeof fetch {
    let requests = 0;
    return (input, init) => {
      if (++requests > maxRequests) throw this.#corrupt(`goes on after ${maxRequests} pages`);
      const url = input instanceof Request ? input.url : input;
      const headers = Object.fromEntries(new Headers(init?.headers));
      return this.retrying(() => this.download(url, headers, (answer) => this.#readAnswer(answer)), {
        attempts,
      });
    };
  }

  /** Repeats an attempt after transient failures. */
  async retrying<T>(
    attempt: () => Promise<T>,
    options: { attempts?: number | undefined; progress?: () => number } = {},
  ): Promise<T> {
    const { sleep, signal } = this.options;
    return withRetries(attempt, { sleep, signal, ...options });
  }

  /**
   * Makes one request, and reads the response for as long as data arrives.
   *
   * @throws TransientFailure, HubError; the signal's reason when aborted
   */
  async download<T>(
    url: string | URL,
    headers: Record<string, string>,
    read: (response: Download) => Promise<T>,
  ): Promise<T> {
    const { idleTimeoutMs, signal } = this.options;
    signal.throwIfAborted();
    const watchdog = new Watchdog(idleTimeoutMs, signal);
    try {
      const { fetch, agent } = await (this.#connections ??= openConnections());
      const response = await fetch(url, {
        headers: { ...headers, ...this.#ownHeaders(url) },
        signal: watchdog.signal,
        dispatcher: agent,
      }).catch((cause: unknown) => {
        throw this.#unreachable(cause);
      });
      if (!response.ok) throw httpError(response, this.#request);
      return await read({
        status: response.status,
        headers: response.headers,
        chunks: this.#chunksOf(response, watchdog),
      });
    } finally {
      watchdog.stop();
    }
  }

  async *#chunksOf(response: UndiciResponse, watchdog: Watchdog): AsyncGenerator<Uint8Array> {
    if (!response.body) return;
    try {
      for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
        watchdog.touch();
        yield chunk;
      }
    } catch (cause) {
      throw this.#unreachable(cause);
    }
  }

  async #readAnswer({ status, headers, chunks }: Download): Promise<Response> {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) throw this.#corrupt(`has more than ${MAX_ANSWER_BYTES} bytes`);
      parts.push(chunk);
    }
    return new Response(Buffer.concat(parts), { status, headers: [...headers] });
  }

  #corrupt(fault: string): HubError {
    const { endpoint, id } = this.options;
    return new HubError('HUB_CORRUPT', `The answer of ${endpoint} about ${id} ${fault}`);
  }

  /** The token is for the hub alone; `fetch` itself drops it when redirected to another origin. */
  #ownHeaders(url: string | URL): Record<string, string> {
    const { endpoint, token } = this.options;
    const isHub = new URL(url).origin === new URL(endpoint).origin;
    return {
      'user-agent': `openvino-diffusers/${version}; node/${process.versions.node}`,
      // Sizes and ranges are those of the file, not of something compressed.
      'accept-encoding': 'identity',
      ...(token !== undefined && isHub ? { authorization: `Bearer ${token}` } : {}),
    };
  }

  #unreachable(cause: unknown): HubError | TransientFailure {
    const { endpoint, id, signal } = this.options;
    signal.throwIfAborted();
    const reason = reasonOf(cause);
    const through = this.#proxy ? ` through the proxy ${describeProxy(this.#proxy)}` : '';
    const message = `${id} could not be downloaded: the connection to ${endpoint}${through} failed (${reason})`;
    const error = new HubError('HUB_UNREACHABLE', message, { cause });
    // What a proxy refuses (4xx) it will refuse again.
    return /^Proxy response \(4\d\d\)/.test(reason) ? error : new TransientFailure(error);
  }
}

/** `fetch` says "fetch failed", and what happened is in the causes. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error.cause === undefined ? error.message || error.name : reasonOf(error.cause);
}
