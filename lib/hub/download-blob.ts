import { HubError } from '../common/errors.js';
import type { HubClient } from './hub-client.js';
import { PartialFile } from './partial-file.js';
import { hasSize } from './repo-cache.js';
import type { RepoFile } from './repo-file.js';

/** How often a file may arrive corrupt before the download fails. */
const MAX_CORRUPT = 3;
const POLL_INTERVAL_MS = 200;

/** Blobs this process is downloading; those of other processes are recognized by their partial files. */
const downloading = new Set<string>();

/** One file to download. */
export interface BlobDownload {
  readonly client: HubClient;
  readonly file: RepoFile;
  readonly url: string;
  /** Path of the blob. */
  readonly blob: string;
  /** Called with how many of its bytes are there. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Downloads a blob, continuing an earlier download, and publishes it under its name only when its size and hash are
 * right. While another call or process downloads the same blob, waits for theirs.
 *
 * @returns whether it was downloaded here
 * @throws HubError, SaveError; the signal's reason when aborted
 */
export async function downloadBlob(download: BlobDownload): Promise<boolean> {
  const { client, file, blob } = download;
  const { sleep, signal } = client.options;
  let corrupt = 0;
  for (;;) {
    if (await hasSize(blob, file.size)) return false;
    const outcome = await attempt(download);
    if (outcome.state === 'complete') return true;
    if (outcome.state === 'corrupt' && ++corrupt === MAX_CORRUPT) {
      const message = `${file.path} of ${client.options.id} arrived broken ${MAX_CORRUPT} times: ${outcome.reason}`;
      throw new HubError('HUB_CORRUPT', message);
    }
    await sleep(POLL_INTERVAL_MS, signal);
  }
}

/** How an attempt ended; `busy` when another call or process has the blob, or took it over meanwhile. */
type Outcome = { state: 'complete' } | { state: 'busy' } | { state: 'corrupt'; reason: string };
const COMPLETE: Outcome = { state: 'complete' };
const BUSY: Outcome = { state: 'busy' };

async function attempt(download: BlobDownload): Promise<Outcome> {
  const { blob } = download;
  if (downloading.has(blob)) return BUSY;
  downloading.add(blob);
  try {
    const partial = await PartialFile.claim(blob);
    return partial ? await complete(download, partial) : BUSY;
  } finally {
    downloading.delete(blob);
  }
}

/** Downloads and checks a file: a corrupt one is deleted, an interrupted one is kept for the next attempt. */
async function complete(download: BlobDownload, partial: PartialFile): Promise<Outcome> {
  let outcome: Outcome | undefined;
  try {
    outcome = await download.client.retrying(() => requestMissing(download, partial), {
      progress: () => partial.size,
    });
    if (outcome.state === 'complete') outcome = await checkAndPublish(download.file, partial);
  } finally {
    if (outcome === undefined) await partial.release();
    else if (outcome.state !== 'complete') await partial.discard();
  }
  return outcome;
}

async function checkAndPublish(file: RepoFile, partial: PartialFile): Promise<Outcome> {
  try {
    const hash = await partial.hashLike(file.hash);
    if (hash !== file.hash)
      return { state: 'corrupt', reason: `its hash is ${hash} instead of ${file.hash}` };
    await partial.finish();
    return COMPLETE;
  } catch (error) {
    if (await partial.isOwn()) throw error;
    return BUSY;
  }
}

/** Makes one request for the bytes that a file lacks. */
async function requestMissing(
  { client, file, url, onBytes }: BlobDownload,
  partial: PartialFile,
): Promise<Outcome> {
  const tooLong: Outcome = { state: 'corrupt', reason: `it has more than ${file.size} bytes` };
  if (!(await partial.isOwn())) return BUSY;
  onBytes(partial.size);
  if (partial.size === file.size) return COMPLETE;
  if (partial.size > file.size) return tooLong;
  const headers: Record<string, string> = partial.size > 0 ? { range: `bytes=${partial.size}-` } : {};
  return client.download(url, headers, async (response) => {
    // A server without support for ranges sends all of it.
    if (response.status !== 206) await partial.restart();
    for await (const chunk of response.chunks) {
      if (partial.size + chunk.length > file.size) return tooLong;
      await partial.append(chunk);
      onBytes(partial.size);
    }
    if (partial.size === file.size) return COMPLETE;
    return { state: 'corrupt', reason: `it has ${partial.size} bytes instead of ${file.size}` };
  });
}
