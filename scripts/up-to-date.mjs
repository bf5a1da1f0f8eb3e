/** Tells by content, not by time, whether something has to be built again; a fresh checkout has arbitrary times. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { projectRoot } from './project.mjs';

/**
 * A hash over files and settings.
 *
 * @param {string[]} paths files and folders, relative to `root`
 * @param {string[]} settings
 * @param {string} root
 */
export function hashOf(paths, settings = [], root = projectRoot) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap((path) => filesIn(root, path)).sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  return hash.update(settings.join('\0')).digest('hex');
}

/**
 * @param {string} record the file the hash was written to after the last build
 * @param {string} hash
 */
export function isCurrent(record, hash) {
  try {
    return readFileSync(record, 'utf8') === hash;
  } catch {
    return false;
  }
}

/**
 * @param {string} root
 * @param {string} path
 * @returns {string[]}
 */
function filesIn(root, path) {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path)).flatMap((name) => filesIn(root, `${path}/${name}`));
}
