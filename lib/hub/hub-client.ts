import { HubError } from '../common/errors.js';
import { version } from '../common/version.js';
import { refusal, type Asked } from './refusal.js';
import { TransientFailure, withRetries, type Sleep } from './retries.js';
import { Watchdog } from './watchdog.js';

export interface HubClientOptions {
  /** Where the hub is, without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly id: string;
  readonly revision: string;
  /** Milliseconds without a byte after which a request has failed. */
  readonly silenceLimit: number;
  readonly signal: AbortSignal;
  readonly sleep: Sleep;
}

/** An answer that is being read. */
export interface Download {
  readonly status: number;
  readonly headers: Headers;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** HTTP with one repository of the hub: the token where it belongs, time-outs, retries, errors that tell. */
export class HubClient {
  readonly options: HubClientOptions;
  readonly #asked: Asked;

  constructor(options: HubClientOptions) {
    this.options = options;
    const { endpoint, id, revision, token } = options;
    this.#asked = { endpoint, id, revision, withToken: token !== undefined };
  }

  /** Where a file is to be had. */
  fileUrl(commit: string, path: string): string {
    const { endpoint, id } = this.options;
    return `${endpoint}/${id}/resolve/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`;
  }

  /**
   * A `fetch` for `@huggingface/hub`: small answers, read whole, and only good ones.
   *
   * @param attempts - default: as many as are worth it
   * @throws HubError; the signal's reason when aborted
   */
  fetchWith(attempts?: number): typeof fetch {
    return (input, init) =>
      this.retrying(
        async () => {
          const url = input instanceof Request ? input.url : input;
          const headers = Object.fromEntries(new Headers(init?.headers));
          return this.download(url, headers, async ({ chunks, ...answer }) => {
            const parts: Uint8Array[] = [];
            for await (const chunk of chunks) parts.push(chunk);
            return new Response(Buffer.concat(parts), answer);
          });
        },
        { attempts },
      );
  }

  /** Runs an attempt again after failures that may not come again. */
  async retrying<T>(
    attempt: () => Promise<T>,
    options: { attempts?: number | undefined; progress?: () => number } = {},
  ): Promise<T> {
    const { sleep, signal } = this.options;
    return withRetries(attempt, { sleep, signal, ...options });
  }

  /**
   * Asks once, and reads the answer while the server goes on sending.
   *
   * @throws TransientFailure, HubError; the signal's reason when aborted
   */
  async download<T>(
    url: string | URL,
    headers: Record<string, string>,
    read: (answer: Download) => Promise<T>,
  ): Promise<T> {
    const { silenceLimit, signal } = this.options;
    signal.throwIfAborted();
    using watchdog = new Watchdog(silenceLimit, signal);
    let response: Response;
    try {
      response = await fetch(url, {
        headers: { ...headers, ...this.#ownHeaders(url) },
        signal: watchdog.signal,
      });
    } catch (cause) {
      throw this.#unreachable(cause);
    }
    if (!response.ok) throw refusal(response, this.#asked);
    return await read({
      status: response.status,
      headers: response.headers,
      chunks: this.#chunksOf(response, watchdog),
    });
  }

  async *#chunksOf(response: Response, watchdog: Watchdog): AsyncGenerator<Uint8Array> {
    if (!response.body) return;
    try {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        watchdog.touch();
        yield chunk;
      }
    } catch (cause) {
      throw this.#unreachable(cause);
    }
  }

  /** The token goes to the hub alone; `fetch` itself drops it when redirected to another origin. */
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

  #unreachable(cause: unknown): TransientFailure {
    const { endpoint, id, signal } = this.options;
    signal.throwIfAborted();
    const message = `${id} could not be downloaded: the connection to ${endpoint} failed (${reasonOf(cause)})`;
    return new TransientFailure(new HubError('HUB_UNREACHABLE', message, { cause }));
  }
}

/** `fetch` says "fetch failed" and hides what happened in causes. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error.cause === undefined ? error.message || error.name : reasonOf(error.cause);
}
