import { InvalidArgumentError } from '../common/errors.js';

const ID = /^(\b[\w.-]{1,96}\b\/)?\b[\w.-]{1,96}\b$/;
const COMMIT = /^[0-9a-f]{40}$/;
/** Git's rules for the names of branches and tags, as far as they keep a name inside a folder. */
const REVISION = /^(?!\/)(?!.*(\.\.|\/\/|@\{))[^\s~^:?*[\\\p{Cc}]+(?<![/.])$/u;

/**
 * Whether a text can be the id of a model on the hub: `name` or `namespace/name`.
 *
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/utilities#huggingface_hub.utils.validate_repo_id
 */
export function isModelId(text: string): boolean {
  return ID.test(text) && !/--|\.\./.test(text) && !text.endsWith('.git');
}

/** @throws InvalidArgumentError */
export function requireModelId(id: string): void {
  if (typeof id === 'string' && isModelId(id)) return;
  throw new InvalidArgumentError(
    `Expected the id of a model on the hub, such as 'org/name', but received ${JSON.stringify(id)}`,
  );
}

/** Whether a revision is a full commit hash, which always means the same files. */
export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/** Whether a text can name a branch, a tag or a commit. */
export function isRevision(text: string): boolean {
  return REVISION.test(text);
}
