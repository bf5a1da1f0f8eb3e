/** Downloads a wheel with pip, which knows the user's mirrors, proxies and certificates, and checks its hash. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ScriptError } from './console.mjs';
import { pythonTag } from './openvino-wheels.mjs';

const waysOut = `
  Debian, Ubuntu:  sudo apt install python3-pip
  Fedora:          sudo dnf install python3-pip
  macOS:           brew install python
  Windows:         winget install Python.Python.3.12
Python is needed for this download only. Without it, install OpenVINO yourself and set OPENVINO_DIR to its folder.`;

/** @returns {[command: string, ...args: string[]]} */
function findPip() {
  const pythons = [
    process.env['PYTHON'],
    'python3',
    'python',
    ...(process.platform === 'win32' ? ['py'] : []),
  ];
  let python;
  for (const name of pythons) {
    if (!name || spawnSync(name, ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))']).status !== 0)
      continue;
    if (spawnSync(name, ['-m', 'pip', '--version']).status === 0) return [name, '-m', 'pip'];
    python ??= name;
  }
  throw new ScriptError(
    python
      ? `Downloading OpenVINO needs pip, and ${python} has none. To install it:${waysOut}`
      : `Downloading OpenVINO needs Python 3.8 or newer with pip, and none was found. To install it:${waysOut}`,
  );
}

/**
 * Downloads one release's wheel for one platform into `folder`.
 *
 * @param {string} version
 * @param {string} tag pip's name of the platform
 * @param {string | undefined} sha256 the only content to accept; `undefined` accepts any
 * @param {string} folder
 * @returns {Promise<string>} the wheel's path
 */
export async function downloadWheel(version, tag, sha256, folder) {
  const requirements = join(folder, 'requirements.txt');
  const hash = sha256 ? ` --hash=sha256:${sha256}` : '';
  writeFileSync(requirements, `openvino==${version}${hash}\n`);
  const wheels = join(folder, 'wheel');
  mkdirSync(wheels);

  const [command, ...pip] = findPip();
  const args = [
    ...['download', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check'],
    ...['--platform', tag, '--implementation', 'cp'],
    ...['--python-version', pythonTag.version, '--abi', pythonTag.abi],
    ...(sha256 ? ['--require-hashes'] : []),
    ...(process.stdout.isTTY ? [] : ['--progress-bar', 'off']),
    ...['--dest', wheels, '--requirement', requirements],
  ];
  // pip keeps its own half-finished files under TMPDIR, so they go when the scratch folder goes.
  const env = { ...process.env, TMPDIR: folder, PIP_REQUIRE_VIRTUALENV: '0' };
  const { status, errors } = await run(command, [...pip, ...args], env);
  const wheel = readdirSync(wheels).find((name) => name.endsWith('.whl'));
  if (status !== 0 || !wheel) throw explain(errors, version, tag);
  return join(wheels, wheel);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ status: number | null, errors: string }>}
 */
function run(command, args, env) {
  const child = spawn(command, args, { env, stdio: ['ignore', 'inherit', 'pipe'] });
  const stop = () => child.kill();
  process.once('exit', stop);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (status) => {
      process.off('exit', stop);
      resolve({ status, errors });
    });
  });
}

/**
 * @param {string} errors what pip wrote to stderr
 * @param {string} version
 * @param {string} tag
 */
function explain(errors, version, tag) {
  if (/DO NOT MATCH THE HASHES/i.test(errors)) {
    return new ScriptError(
      `The downloaded wheel of OpenVINO ${version} is not the one scripts/openvino-wheels.mjs names, so it was ` +
        `thrown away. A mirror or a proxy may serve a changed or damaged file.\n${errors.trim()}`,
    );
  }
  if (/No space left on device|not enough space|Errno 28/i.test(errors)) {
    return new ScriptError(`No space was left while downloading OpenVINO ${version}.\n${errors.trim()}`);
  }
  if (/No matching distribution found/i.test(errors)) {
    return new ScriptError(
      `The package index pip is set up with has no openvino ${version} for ${tag}. If it is a mirror, it may be ` +
        `incomplete.\n${errors.trim()}`,
    );
  }
  return new ScriptError(`pip could not download OpenVINO ${version}.\n${errors.trim()}`);
}
