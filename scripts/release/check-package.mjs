/** Checks an assembled and packed package with the tools for it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

import { runNode, runTool } from '../dev-tools.mjs';
import { problemsOf } from './pack.mjs';

/**
 * @param {import('./release-packages.mjs').ReleasePackage} releasePackage
 * @param {string} folder
 * @param {import('./pack.mjs').Tarball} tarball
 * @returns {Promise<string[]>} what is wrong with it
 */
export async function checkPackage({ kind, platform, manifest }, folder, tarball) {
  const problems = problemsOf(tarball, kind);
  const { messages } = await publint({ pkgDir: folder, strict: true });
  const packed = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  for (const message of messages.filter(({ type }) => type !== 'suggestion')) {
    problems.push(`${manifest.name}: ${formatMessage(message, packed) ?? message.code}`);
  }
  if (kind === 'main' || kind === 'model') {
    const isTyped = runTool(
      '@arethetypeswrong/cli',
      [tarball.path, '--profile', 'node16', '--format', 'ascii', '--quiet'],
      'attw',
    );
    if (!isTyped)
      problems.push(
        `${manifest.name}: attw finds types that do not resolve; npx attw ${tarball.path} lists them`,
      );
  } else if (platform?.startsWith('linux-')) {
    const binaries = join(folder, kind === 'addon' ? '.' : 'lib');
    if (!runNode('scripts/check-glibc.mjs', ['--manifest', join(folder, 'package.json'), binaries])) {
      problems.push(`${manifest.name}: needs a newer glibc than it promises`);
    }
  }
  return problems;
}
