/** Command: makes a release. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { runScript, say, ScriptError } from '../console.mjs';
import { buildWithCMake } from '../native-build.mjs';
import { hostPlatform, projectRoot } from '../project.mjs';
import { buildTypeScript } from '../typescript-build.mjs';
import { assemble } from './assemble.mjs';
import { checkPackage } from './check-package.mjs';
import { pack, sizeTable } from './pack.mjs';
import { isLocalRegistry, publishAll, requireAddresses } from './publish.mjs';
import { describedPlatforms, releasePackages } from './release-packages.mjs';
import { billOfMaterials } from './sbom.mjs';

const help = `Usage: npm run release -- [--dry-run] [--registry <url>] [--addon <platform>=<file>]…

Builds, assembles all packages in release/packages/, packs them into release/, checks them (publint, attw, sizes,
licences, glibc), writes release/sbom.cdx.json, and publishes: the runtimes first, the main package last. What is
published already is left as it is.

  --dry-run                  publish nothing
  --registry <url>           publish there (default: the one npm is set up with)
  --addon <platform>=<file>  release a platform whose addon was built elsewhere; may be given several times
                             (default: ${hostPlatform}, built here)
  --no-full                  leave out the runtimes with the plugins for GPU and NPU
  --provenance               let npm attest where the packages were built, in CI
  --tag <name>               distribution tag (default: latest)
  --output <folder>          instead of release/
  --help                     show this text`;

await runScript(async () => {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      'dry-run': { type: 'boolean', default: false },
      registry: { type: 'string' },
      addon: { type: 'string', multiple: true, default: [] },
      full: { type: 'boolean', default: true },
      provenance: { type: 'boolean', default: false },
      tag: { type: 'string', default: 'latest' },
      output: { type: 'string', default: join(projectRoot, 'release') },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    say(help);
    return;
  }
  const { registry, full, provenance, tag } = values;
  const given = Object.fromEntries(values.addon.map(parseAddon));
  const platforms = values.addon.length > 0 ? Object.keys(given) : [hostPlatform];
  const packages = releasePackages(platforms, { full });
  const main = packages.at(-1)?.manifest;
  const publishes = !values['dry-run'];
  if (publishes && main && !(registry && isLocalRegistry(registry))) requireAddresses(main);

  buildTypeScript();
  const addons = values.addon.length > 0 ? given : { [hostPlatform]: await buildWithCMake() };
  const release = resolve(values.output);
  mkdirSync(release, { recursive: true });
  // Only what a former release has left: the folder may be anybody's.
  for (const name of readdirSync(release)) if (name.endsWith('.tgz')) rmSync(join(release, name));

  const assembled = [];
  for (const releasePackage of packages) {
    say(`Assembling ${releasePackage.manifest.name} …`);
    assembled.push({ releasePackage, folder: await assemble(releasePackage, release, addons) });
  }
  const tarballs = assembled.map(({ folder }) => pack(folder, release));
  writeFileSync(join(release, 'sbom.cdx.json'), `${JSON.stringify(billOfMaterials(assembled), null, 2)}\n`);

  const problems = [];
  for (const [i, { releasePackage, folder }] of assembled.entries()) {
    const tarball = tarballs[i];
    if (tarball) problems.push(...(await checkPackage(releasePackage, folder, tarball)));
  }
  say(`\n${sizeTable(tarballs)}\n\nThe tarballs are in ${release}.`);
  if (problems.length > 0)
    throw new ScriptError(`The packages are not fit to publish:\n  ${problems.join('\n  ')}`);
  if (publishes) publishAll(tarballs, { registry, provenance, tag });
});

/**
 * @param {string} text
 * @returns {[platform: string, file: string]}
 */
function parseAddon(text) {
  const [, platform = '', file = ''] = /^([\w-]+)=(.+)$/.exec(text) ?? [];
  const known = describedPlatforms();
  if (known.includes(platform)) return [platform, resolve(file)];
  throw new ScriptError(
    `Expected --addon <platform>=<file> for one of ${known.join(', ')} but received '${text}'.`,
  );
}
