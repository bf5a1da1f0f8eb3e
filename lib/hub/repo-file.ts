import { z } from 'zod';

/** A file of a repository at one commit. */
export interface RepoFile {
  /** With slashes, and never out of the folder. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** The name of its blob: SHA-256 of the content for large files, git's SHA-1 of it for others. */
  readonly hash: string;
}

/** Fields of a listing, as the hub sends them and as the cache stores them. */
export const sha1Schema = z.string().regex(/^[0-9a-f]{40}$/);
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);
export const sizeSchema = z.int().nonnegative();
export const pathSchema = z.string().refine(staysInside, { error: 'leads out of the repository' });

/** More than any model has; a listing that goes on beyond it is broken or hostile. */
export const MAX_FILES = 100_000;

/** Names are a stranger's and become paths, on Windows too. */
function staysInside(path: string): boolean {
  return !/[\\:\p{Cc}]/u.test(path) && path.split('/').every((part) => !['', '.', '..'].includes(part));
}
