/** Puts each package of a release together in a folder of its own. */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { ScriptError } from '../console.mjs';
import { manifestOf } from '../dev-tools.mjs';
import { projectRoot } from '../project.mjs';
import { provideRuntime } from '../runtime-folder.mjs';
import { addonEntry, runtimeEntry } from './entry-files.mjs';

/** @typedef {import('./release-packages.mjs').ReleasePackage} ReleasePackage */

/** What OpenVINO's wheels have in licenses/licensing. */
export const thirdPartyLicenses = [
  'runtime-third-party-programs.txt',
  'onednn_third-party-programs.txt',
  'onetbb_third-party-programs.txt',
];

/**
 * @param {ReleasePackage} releasePackage
 * @param {string} release the folder of the release
 * @param {Readonly<Record<string, string>>} addons the addon of each platform
 * @returns {Promise<string>} the package's folder
 */
export async function assemble({ kind, platform = '', manifest }, release, addons) {
  const folder = join(release, 'packages', manifest.name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  /**
   * @param {string} from
   * @param {string} to
   */
  const copy = (from, to) => {
    if (!existsSync(from)) throw new ScriptError(`${manifest.name} needs ${from}, which is not there.`);
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    cpSync(from, join(folder, to), { recursive: true });
  };
  /** @param {string} text */
  const writeReadme = (text) => writeFileSync(join(folder, 'README.md'), `# ${manifest.name}\n\n${text}\n`);

  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  if (kind === 'runtime' || kind === 'full runtime') {
    const runtime = await provideRuntime(platform);
    const isFull = kind === 'full runtime';
    for (const name of readdirSync(join(runtime, 'lib')).filter((library) => isFull || isForCpu(library))) {
      copy(join(runtime, 'lib', name), join('lib', name));
    }
    copyLicenses(runtime, copy);
    if (isFull) for (const name of ['include', 'openvino.json']) copy(join(runtime, name), name);
    writeFileSync(join(folder, 'index.cjs'), runtimeEntry);
    writeReadme(
      `${manifest['description']}. Its libraries are OpenVINO's own, unchanged; licenses/ has their licences.`,
    );
  } else if (kind === 'addon') {
    copy(addons[platform] ?? '', 'openvino_diffusers.node');
    copy(join(projectRoot, 'LICENSE'), 'LICENSE');
    copy(join(manifestOf('node-addon-api').folder, 'LICENSE.md'), 'LICENSE-node-addon-api');
    writeFileSync(join(folder, 'index.cjs'), addonEntry(platform));
    writeReadme(
      `${manifest['description']}. It is installed with openvino-diffusers and of no use without it.`,
    );
  } else {
    const source = kind === 'model' ? join(projectRoot, 'packages/shapes') : projectRoot;
    for (const name of [...(manifest.files ?? []), 'LICENSE', 'README.md']) copy(join(source, name), name);
  }
  return folder;
}

/** @param {string} library */
function isForCpu(library) {
  return !/_(gpu|npu)_plugin\./.test(library) && library !== 'openvino.lib';
}

/**
 * OpenVINO's own goes to the package's top, where tools look for it.
 *
 * @param {string} runtime
 * @param {(from: string, to: string) => void} copy
 */
function copyLicenses(runtime, copy) {
  copy(join(runtime, 'licenses/LICENSE'), 'LICENSE');
  for (const file of thirdPartyLicenses) {
    copy(join(runtime, 'licenses/licensing', file), join('licenses', file));
  }
}
