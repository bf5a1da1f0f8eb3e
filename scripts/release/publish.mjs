/** Publishes tarballs, in the order given. */
import { say, ScriptError } from '../console.mjs';
import { npm, runNpm } from './npm.mjs';

/** @typedef {import('./pack.mjs').Tarball} Tarball */
/** @typedef {import('./release-packages.mjs').Manifest} Manifest */

/**
 * Whether a registry is on this machine, as those of tests are.
 *
 * @param {string} registry
 */
export function isLocalRegistry(registry) {
  const { hostname } = new URL(registry);
  return hostname === 'localhost' || /^127(\.\d+){3}$/.test(hostname) || hostname === '[::1]';
}

/**
 * @param {Manifest & Record<string, unknown>} manifest the main package's
 * @throws ScriptError when the world would get packages that do not say whence they are
 */
export function requireAddresses(manifest) {
  const missing = ['repository', 'homepage', 'bugs'].filter((field) => !manifest[field]);
  if (missing.length === 0) return;
  throw new ScriptError(
    `package.json lacks ${missing.join(', ')}, which npm shows and provenance needs. Add them, ` +
      'or try the release with --dry-run, or with --registry and one on this machine.',
  );
}

/**
 * A release that was interrupted goes on where it ended. Runtimes and the model have versions of their own, so most
 * releases find them published.
 *
 * @param {readonly Tarball[]} tarballs
 * @param {{ registry: string | undefined, provenance: boolean, tag: string }} options
 */
export function publishAll(tarballs, { registry, provenance, tag }) {
  const to = registry === undefined ? [] : ['--registry', registry];
  for (const { name, version, path } of tarballs) {
    const { status, stdout } = npm(['view', `${name}@${version}`, 'version', ...to]);
    if (status === 0 && stdout.trim() !== '') {
      say(`${name}@${version} is published already.`);
      continue;
    }
    say(`Publishing ${name}@${version} …`);
    runNpm([
      ...['publish', path, '--access', 'public', '--tag', tag, '--ignore-scripts', ...to],
      ...(provenance ? ['--provenance'] : []),
    ]);
  }
}
