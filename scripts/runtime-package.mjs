/**
 * OpenVINO from this project's own package on npm, which needs no Python. Its files are those of the wheel: what is in
 * them is pinned in openvino-wheels.mjs, so nobody has to be trusted.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { say, ScriptError } from './console.mjs';
import { npm } from './release/npm.mjs';

/** Of the registry's answer; where nobody answers, pip is asked soon. */
const TIMEOUT = 15_000;

/**
 * A hash over the names and contents of a runtime's libraries and headers.
 *
 * @param {string} folder
 */
export function contentsHash(folder) {
  const hash = createHash('sha256');
  const paths = ['include', 'lib'].flatMap((part) =>
    readdirSync(join(folder, part), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(folder.length + 1)
          .replaceAll('\\', '/'),
      ),
  );
  for (const path of paths.sort()) {
    const content = createHash('sha256')
      .update(readFileSync(join(folder, path)))
      .digest('hex');
    hash.update(`${path}\0${content}\n`);
  }
  return hash.digest('hex');
}

/**
 * Gets a platform's runtime with all plugins and headers from the registry that npm is set up with.
 *
 * @param {string} platform
 * @param {string} version of OpenVINO
 * @param {string} contents the only {@link contentsHash} to accept
 * @param {string} scratch a folder for what is unfinished
 * @returns {string | undefined} a folder laid out as one made from a wheel is; `undefined` where the package cannot be
 *   had
 * @throws ScriptError when it is not what it should be
 */
export function obtainRuntimePackage(platform, version, contents, scratch) {
  const name = `@openvino-diffusers/runtime-${platform}-full`;
  const quickly = [`--fetch-timeout=${TIMEOUT}`, '--fetch-retries=0'];
  const answer = npm(['view', `${name}@${version}`, 'version', ...quickly], {
    cwd: scratch,
    timeout: TIMEOUT,
  });
  if (answer.status !== 0 || answer.stdout.trim() !== version) return undefined;

  say(`Downloading ${name}@${version} with npm …`);
  writeFileSync(join(scratch, 'package.json'), '{}');
  const [os = '', cpu = ''] = platform.split('-');
  const { status, stderr } = npm(
    [
      'install',
      `${name}@${version}`,
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      `--os=${os}`,
      `--cpu=${cpu}`,
    ],
    { cwd: scratch },
  );
  const source = join(scratch, 'node_modules', name);
  if (status !== 0 || !existsSync(source)) {
    say(`npm could not install it, so the wheel is taken: ${stderr.trim().split('\n')[0] ?? ''}`);
    return undefined;
  }
  if (contentsHash(source) !== contents) {
    throw new ScriptError(
      `The files of ${name}@${version} are not those that scripts/openvino-wheels.mjs names, so they were thrown away.`,
    );
  }
  const folder = join(scratch, 'from-package');
  mkdirSync(join(folder, 'licenses'), { recursive: true });
  for (const part of ['include', 'lib']) renameSync(join(source, part), join(folder, part));
  renameSync(join(source, 'licenses'), join(folder, 'licenses/licensing'));
  renameSync(join(source, 'LICENSE'), join(folder, 'licenses/LICENSE'));
  return folder;
}
