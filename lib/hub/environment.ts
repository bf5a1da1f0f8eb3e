import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * What the environment says of the hub, under the names that Python's huggingface_hub gives its variables.
 *
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 */

const { env } = process;

/** `HF_ENDPOINT`, without a slash at its end. */
export function hubEndpoint(): string {
  return (firstSet('HF_ENDPOINT') ?? 'https://huggingface.co').replace(/\/+$/, '');
}

/** `HF_HUB_CACHE`, or `hub` in `HF_HOME`, or in `huggingface` of `XDG_CACHE_HOME`, which is ~/.cache. */
export function hubCacheDir(): string {
  return expandPath(firstSet('HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE') ?? join(hubHome(), 'hub'));
}

export function isOffline(): boolean {
  return isTrue(firstSet('HF_HUB_OFFLINE', 'TRANSFORMERS_OFFLINE'));
}

export function areSymlinksDisabled(): boolean {
  return isTrue(firstSet('HF_HUB_DISABLE_SYMLINKS'));
}

/** How long the hub may be silent before it is asked again. */
export function silenceLimit(): number {
  const seconds = Number(env.HF_HUB_DOWNLOAD_TIMEOUT);
  return (seconds > 0 ? seconds : 10) * 1000;
}

/**
 * The token that nobody passed: of `HF_TOKEN`, or of the file in which `hf auth login` leaves it; undefined without
 * any, and with `HF_HUB_DISABLE_IMPLICIT_TOKEN`.
 */
export async function implicitToken(): Promise<string | undefined> {
  if (isTrue(firstSet('HF_HUB_DISABLE_IMPLICIT_TOKEN'))) return undefined;
  return cleaned(firstSet('HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN')) ?? cleaned(await readTokenFile());
}

async function readTokenFile(): Promise<string | undefined> {
  const path = expandPath(firstSet('HF_TOKEN_PATH') ?? join(hubHome(), 'token'));
  return readFile(path, 'utf8').catch(() => undefined);
}

/** A variable without content is as good as none. */
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

/** `~` and `$NAME` or `${NAME}`, as Python expands them; what is not set stays as it is written. */
function expandPath(path: string): string {
  const home = path.replace(/^~(?=$|[/\\])/, () => homedir());
  return home.replace(/\$(?:\{(\w+)\}|(\w+))/g, (written, braced?: string, bare?: string) => {
    return env[braced ?? bare ?? ''] ?? written;
  });
}
