import type { ModelIndex } from '../models/index.js';

/** A repository: its id for errors, its files, and the content of its model_index.json. */
export interface Repository {
  readonly id: string;
  readonly paths: readonly string[];
  readonly index: ModelIndex;
}

/** The names of the files directly in a folder; '' is the repository itself. */
export function filesIn({ paths }: Pick<Repository, 'paths'>, folder: string): string[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  return paths
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length))
    .filter((name) => !name.includes('/'));
}

/** A network's configs; the index of its shards belongs to its weights. */
export function configsIn(repository: Repository, folder: string): string[] {
  return filesIn(repository, folder)
    .filter((name) => name.endsWith('.json') && !name.includes('.index.'))
    .map((name) => `${folder}/${name}`);
}
