import { homedir } from 'node:os';
import { join } from 'node:path';

import { InvalidArgumentError } from '../common/errors.js';
import { readTextFile } from '../common/read-file.js';
import { parseEndpoint } from './endpoint.js';
import { isToken } from './token.js';

/**
 * Settings of the environment, under the names of Python's huggingface_hub.
 *
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 */

const { env } = process;
const MAX_TOKEN_BYTES = 10_000;
const DEFAULT_ENDPOINT = 'https://huggingface.co';

/**
 * `HF_ENDPOINT`, without a slash at its end.
 *
 * @throws InvalidArgumentError where it is no address
 */
export function hubEndpoint(): string {
  const text = firstSet('HF_ENDPOINT') ?? DEFAULT_ENDPOINT;
  const endpoint = parseEndpoint(text);
  if (endpoint !== undefined) return endpoint;
  const withScheme = parseEndpoint(`https://${text}`);
  const hint = withScheme !== undefined && !text.includes('://') ? `; did you mean ${withScheme}?` : '';
  throw new InvalidArgumentError(
    `The environment variable HF_ENDPOINT must be an address such as ${DEFAULT_ENDPOINT}, but is '${text}'${hint}`,
  );
}

/** `HF_HUB_CACHE`, or `hub` in `HF_HOME`, or in `huggingface` of `XDG_CACHE_HOME`, which defaults to ~/.cache. */
export function hubCacheDir(): string {
  return expandPath(firstSet('HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE') ?? join(hubHome(), 'hub'));
}

/** `HF_HUB_OFFLINE` or `TRANSFORMERS_OFFLINE`. */
export function isOffline(): boolean {
  return isTrue(firstSet('HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE'));
}

/** `HF_HUB_DISABLE_SYMLINKS`. */
export function areSymlinksDisabled(): boolean {
  return isTrue(firstSet('HF_HUB_DISABLE_SYMLINKS'));
}

/** `HF_HUB_DOWNLOAD_TIMEOUT`: milliseconds without a byte after which a request is made again. Default: 10 s. */
export function idleTimeoutMs(): number {
  const seconds = Number(env.HF_HUB_DOWNLOAD_TIMEOUT);
  return (seconds > 0 ? seconds : 10) * 1000;
}

/**
 * The token of `HF_TOKEN`, or of the file that `hf auth login` writes; undefined without either, and with
 * `HF_HUB_DISABLE_IMPLICIT_TOKEN`.
 *
 * @throws InvalidArgumentError for one that no header can carry; its message does not quote it
 */
export async function implicitToken(): Promise<string | undefined> {
  if (isTrue(firstSet('HF_HUB_DISABLE_IMPLICIT_TOKEN'))) return undefined;
  const fromEnvironment = cleaned(firstSet('HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'));
  if (fromEnvironment !== undefined) return checked(fromEnvironment, 'The environment variable HF_TOKEN');
  const path = expandPath(firstSet('HF_TOKEN_PATH') ?? join(hubHome(), 'token'));
  const fromFile = cleaned(await readTextFile(path, { maxBytes: MAX_TOKEN_BYTES }).catch(() => undefined));
  return fromFile === undefined ? undefined : checked(fromFile, `The file ${path}`);
}

function checked(token: string, where: string): string {
  if (isToken(token)) return token;
  throw new InvalidArgumentError(`${where} must hold a token of the hub, which is ASCII text without spaces`);
}

/** A variable that is set to nothing counts as not set. */
function firstSet(...names: string[]): string | undefined {
  return names.map((name) => env[name]).find((value) => value !== undefined && value !== '');
}

function hubHome(): string {
  const caches = firstSet('XDG_CACHE_HOME') ?? join(homedir(), '.cache');
  return expandPath(firstSet('HF_HOME') ?? join(caches, 'huggingface'));
}

function cleaned(token: string | undefined): string | undefined {
  const text = token?.replace(/[\r\n]/g, '').trim();
  return text === '' ? undefined : text;
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && ['1', 'ON', 'YES', 'TRUE'].includes(value.toUpperCase());
}

/** Expands `~`, `$NAME` and `${NAME}` as Python does; a variable that is not set stays as it is written. */
function expandPath(path: string): string {
  const home = path.replace(/^~(?=$|[/\\])/, () => homedir());
  return home.replace(/\$(?:\{(\w+)\}|(\w+))/g, (written, braced?: string, bare?: string) => {
    return env[braced ?? bare ?? ''] ?? written;
  });
}
