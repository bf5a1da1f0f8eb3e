import { HubError } from '../common/errors.js';
import { TransientFailure } from './retries.js';

/** What an error message says of a request. */
export interface RequestInfo {
  readonly endpoint: string;
  readonly id: string;
  readonly revision: string;
  readonly withToken: boolean;
}

const TRANSIENT_STATUSES = [408, 425, 429, 500, 502, 503, 504];

/** A response as far as errors need it. */
export interface FailedResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
}

/**
 * The error for a response that is not a success. The hub's `X-Error-Code` and `X-Error-Message` say more than its
 * status: it answers 401 for repositories that do not exist, so as not to reveal which private ones do.
 */
export function httpError(response: FailedResponse, request: RequestInfo): HubError | TransientFailure {
  const error = hubError(response, request);
  return TRANSIENT_STATUSES.includes(response.status)
    ? new TransientFailure(error, requestedWaitMs(response))
    : error;
}

function hubError(response: FailedResponse, { endpoint, id, revision, withToken }: RequestInfo): HubError {
  const { status, headers } = response;
  const errorCode = headers.get('x-error-code');
  const reason = headers.get('x-error-message');
  const answer = `${endpoint} answered ${status}${reason ? `: ${reason}` : ''}`;
  const token = withToken
    ? `the token that was sent does not open it`
    : `log in with a token from ${endpoint}/settings/tokens, in HF_TOKEN or the option 'token'`;

  if (errorCode === 'RevisionNotFound') {
    const message = `${id} has no revision '${revision}' (${answer})`;
    return new HubError('HUB_NOT_FOUND', message, { missing: 'revision' });
  }
  if (errorCode === 'EntryNotFound') {
    const message = `${id} lacks a file that its listing names (${answer})`;
    return new HubError('HUB_NOT_FOUND', message, { missing: 'file' });
  }
  if (errorCode === 'GatedRepo') {
    const message = `Access to ${id} is granted by its authors: ask for it at ${endpoint}/${id}, then ${token} (${answer})`;
    return new HubError('HUB_UNAUTHORIZED', message);
  }
  if (errorCode === 'RepoNotFound' || status === 404 || status === 410) {
    const message = `There is no model ${id} on the hub; if it is private, ${token} (${answer})`;
    return new HubError('HUB_NOT_FOUND', message, { missing: 'repository' });
  }
  if (status === 401 || status === 403) {
    const message = `The hub denies access to ${id}: ${token} (${answer})`;
    return new HubError('HUB_UNAUTHORIZED', message);
  }
  if (status === 429) {
    const wait = requestedWaitMs(response);
    const later = wait === undefined ? 'later' : `in ${Math.ceil(wait / 1000)} s`;
    const more = withToken ? '' : `; ${token}, and more requests are allowed`;
    return new HubError(
      'HUB_RATE_LIMITED',
      `Too many requests to the hub: try again ${later}${more} (${answer})`,
    );
  }
  return new HubError('HUB_UNREACHABLE', `The hub failed to serve ${id} (${answer})`);
}

/** Milliseconds, of `Retry-After` (seconds or a date) or of the hub's own `RateLimit: "api";r=0;t=55`. */
function requestedWaitMs({ headers }: FailedResponse): number | undefined {
  const after = headers.get('retry-after');
  if (after !== null) {
    const milliseconds = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.now();
    if (!Number.isNaN(milliseconds)) return Math.max(0, milliseconds);
  }
  const reset = /r=0;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1];
  return reset === undefined ? undefined : (Number(reset) + 1) * 1000;
}
