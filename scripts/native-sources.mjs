/** The addon's C++ files. As a command, prints the sources on one line: binding.gyp asks for them this way. */
import { readdirSync, realpathSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { say } from './console.mjs';
import { projectRoot } from './project.mjs';

/**
 * Files of native/ and its subfolders, relative to the project's root, sorted.
 *
 * @param {...string} extensions such as '.cc'
 */
export function nativeFiles(...extensions) {
  return readdirSync(join(projectRoot, 'native'), { recursive: true, encoding: 'utf8' })
    .filter((name) => extensions.includes(extname(name)))
    .map((name) => `native/${name.replaceAll('\\', '/')}`)
    .sort();
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  say(nativeFiles('.cc').join(' '));
}
