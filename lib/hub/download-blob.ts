import { HubError } from '../common/errors.js';
import type { HubClient } from './hub-client.js';
import type { RepoFile } from './listing.js';
import { PartialFile } from './partial-file.js';
import { isWhole } from './repo-cache.js';

/** How often a file may arrive broken before it is given up. */
const TRIES = 3;
const LOOK_AGAIN_MS = 200;

/** Blobs this process is at; other processes are known by their files. */
const inWork = new Set<string>();

/**
 * Downloads a blob, from where an earlier download stopped, and lets it appear only when it is whole and its hash is
 * right. While others download the same blob, waits for theirs.
 *
 * @param onBytes - told how much of it is there
 * @returns whether it was downloaded here
 * @throws HubError, SaveError; the signal's reason when aborted
 */
export async function downloadBlob(
  client: HubClient,
  file: RepoFile,
  url: string,
  blob: string,
  onBytes: (bytes: number) => void,
): Promise<boolean> {
  const { sleep, signal } = client.options;
  for (let broken = 0; ;) {
    if (await isWhole(blob, file.size)) return false;
    if (inWork.has(blob)) {
      await sleep(LOOK_AGAIN_MS, signal);
      continue;
    }
    inWork.add(blob);
    try {
      const partial = await PartialFile.claim(blob);
      const outcome = partial && (await complete(client, file, url, partial, onBytes));
      if (outcome === 'whole') return true;
      if (typeof outcome === 'object' && ++broken === TRIES) {
        const message = `${file.path} of ${client.options.id} arrived broken ${TRIES} times: ${outcome.wrong}`;
        throw new HubError('HUB_CORRUPT', message);
      }
    } finally {
      inWork.delete(blob);
    }
    await sleep(LOOK_AGAIN_MS, signal);
  }
}

/** What is wrong with a file, or that another process has it now. */
type Outcome = 'whole' | 'taken over' | { wrong: string };

/** Fills a file up and checks it; what came out broken is thrown away, what was interrupted is kept. */
async function complete(
  client: HubClient,
  file: RepoFile,
  url: string,
  partial: PartialFile,
  onBytes: (bytes: number) => void,
): Promise<Outcome> {
  let outcome: Outcome | undefined;
  try {
    outcome = await client.retrying(() => fill(client, file, url, partial, onBytes), {
      progress: () => partial.size,
    });
    if (outcome === 'whole') outcome = await checkAndFinish(file, partial);
  } finally {
    if (outcome === undefined) await partial.release();
    else if (outcome !== 'whole') await partial.discard();
  }
  return outcome;
}

async function checkAndFinish(file: RepoFile, partial: PartialFile): Promise<Outcome> {
  try {
    const hash = await partial.hashLike(file.hash);
    if (hash !== file.hash) return { wrong: `its hash is ${hash} instead of ${file.hash}` };
    await partial.finish();
    return 'whole';
  } catch (error) {
    if (await partial.isOwn()) throw error;
    return 'taken over';
  }
}

/** Asks for what a file lacks, once. */
async function fill(
  client: HubClient,
  file: RepoFile,
  url: string,
  partial: PartialFile,
  onBytes: (bytes: number) => void,
): Promise<Outcome> {
  if (!(await partial.isOwn())) return 'taken over';
  onBytes(partial.size);
  if (partial.size === file.size) return 'whole';
  if (partial.size > file.size) return { wrong: `it has more than ${file.size} bytes` };
  const range = partial.size > 0 ? { range: `bytes=${partial.size}-` } : undefined;
  return client.download(url, { ...range }, async (answer) => {
    // A server that does not know of parts sends the whole.
    if (answer.status !== 206) await partial.restart();
    for await (const chunk of answer.chunks) {
      if (partial.size + chunk.length > file.size) return { wrong: `it has more than ${file.size} bytes` };
      await partial.append(chunk);
      onBytes(partial.size);
    }
    if (partial.size === file.size) return 'whole';
    return { wrong: `it has ${partial.size} bytes instead of ${file.size}` };
  });
}
