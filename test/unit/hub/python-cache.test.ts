import { mkdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import reference from '../../fixtures/reference/hub_cache.json' with { type: 'json' };
import { commitOf, type Files } from '../../support/fake-hub.js';
import { hubDownloads, ID } from '../../support/hub-downloads.js';

const downloads = hubDownloads();
const { download } = downloads;
const commits: Record<string, Files> = reference.commits;
const tree: Record<string, string> = reference.tree;

function serve(): void {
  for (const name of ['first', 'second']) {
    const refs = Object.entries(reference.refs).filter(([, commit]) => commit === commitOf(name));
    downloads.hub.commit(ID, name, commits[commitOf(name)]!, ...refs.map(([ref]) => ref));
  }
}

async function described(path: string): Promise<string> {
  const link = await readlink(path).catch(() => undefined);
  return link === undefined ? readFile(path, 'utf8') : `-> ${link}`;
}

describe('the cache', () => {
  it('has the layout of Python’s huggingface_hub, byte for byte', async () => {
    serve();
    for (const revision of Object.keys(reference.refs)) await download({ revision });
    const paths = await downloads.files();
    const ours = await Promise.all(
      paths.map(async (path) => [path, await described(join(downloads.repo, path))] as const),
    );
    expect(Object.fromEntries(ours)).toEqual(tree);
  });

  it('that Python wrote is read without the hub', async () => {
    await layDown(tree);
    for (const [revision, commit] of Object.entries(reference.refs)) {
      const folder = await download({ revision, localFilesOnly: true });
      expect(folder).toBe(join(downloads.repo, 'snapshots', commit));
      expect(await readFile(join(folder, 'unet/config.json'), 'utf8')).toBe(
        commits[commit]!['unet/config.json'],
      );
    }
  });

  it('that Python wrote is not downloaded again', async () => {
    serve();
    await layDown(tree);
    await download();
    expect(downloads.hub.requests.map(({ path }) => path)).toEqual([`/api/models/${ID}/revision/main`]);
  });

  it('that older versions wrote, without listings, is read too', async () => {
    await layDown(Object.fromEntries(Object.entries(tree).filter(([path]) => !path.startsWith('trees/'))));
    expect(await download({ localFilesOnly: true })).toBe(
      join(downloads.repo, 'snapshots', reference.refs.main),
    );
  });
});

async function layDown(files: Record<string, string>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const target = join(downloads.repo, path);
    await mkdir(dirname(target), { recursive: true });
    if (content.startsWith('-> ')) await symlink(content.slice(3), target);
    else await writeFile(target, content);
  }
}
