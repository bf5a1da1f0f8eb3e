/** The release's software bill of materials (CycloneDX 1.5): npm's own of the dependencies, and what OpenVINO brings. */
import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ScriptError } from '../console.mjs';
import { manifestOf } from '../dev-tools.mjs';
import { openvinoVersion } from '../project.mjs';
import { runNpm } from './npm.mjs';

/** @typedef {import('./release-packages.mjs').ReleasePackage} ReleasePackage */

/**
 * @typedef {object} Component
 * @property {string} bom-ref
 * @property {string} type
 * @property {string} name
 * @property {string} [version]
 * @property {string} [purl]
 */

/**
 * @typedef {object} Document
 * @property {string} serialNumber
 * @property {{ component: Component }} metadata
 * @property {Component[]} components
 * @property {{ ref: string, dependsOn: string[] }[]} dependencies
 */

/** Parts of OpenVINO's own build; where a library contains its version, it is read from there. */
const OPENVINO_PARTS = [
  { name: 'oneTBB', license: 'Apache-2.0', library: 'tbb', version: /oneTBB: VERSION\s+([\d.]+)/ },
  { name: 'oneDNN', license: 'Apache-2.0', description: 'inside the CPU and GPU plugins' },
  { name: 'hwloc', license: 'BSD-3-Clause', library: 'hwloc', version: undefined },
];

/**
 * @param {readonly { releasePackage: ReleasePackage, folder: string }[]} assembled
 * @returns {object} the document
 */
export function billOfMaterials(assembled) {
  /** @type {Document} */
  const document = JSON.parse(runNpm(['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'library']));
  const main = assembled.find(({ releasePackage }) => releasePackage.kind === 'main');
  if (!main) throw new ScriptError('A bill of materials is of a release with its main package.');
  const root = document.metadata.component;
  document.serialNumber = `urn:uuid:${randomUUID()}`;
  keepPublished(document, main.releasePackage.manifest);
  // npm names packages of a clone by their folders.
  for (const one of [root, ...document.components]) {
    one.name = /^(@?[^@]+)@/.exec(one['bom-ref'])?.[1] ?? one.name;
  }

  for (const { releasePackage, folder } of assembled) {
    const { kind, manifest } = releasePackage;
    if (kind === 'main' || kind === 'model') continue;
    const ref = `${manifest.name}@${manifest.version}`;
    const parts = kind === 'addon' ? [nodeAddonApi()] : openvinoComponents(folder, ref);
    document.components.push(
      {
        ...component(ref, manifest.name, manifest.version, 'Apache-2.0'),
        purl: `pkg:npm/${manifest.name.replace('@', '%40')}@${manifest.version}`,
      },
      ...parts,
    );
    const runtimes = Object.entries(manifest.dependencies ?? {}).map((entry) => entry.join('@'));
    document.dependencies.push(
      { ref, dependsOn: [...runtimes, ...parts.map((part) => part['bom-ref'])] },
      ...parts.map((part) => ({ ref: part['bom-ref'], dependsOn: [] })),
    );
    const ofRoot = document.dependencies.find((dependency) => dependency.ref === root['bom-ref']);
    if (kind === 'addon') ofRoot?.dependsOn.push(ref);
  }
  return {
    ...document,
    components: distinct(document.components, (one) => one['bom-ref']),
    dependencies: distinct(document.dependencies, ({ ref }) => ref),
  };
}

/**
 * Leaves out what only development needs. npm's own `--omit dev` also leaves out what both need.
 *
 * @param {Document} document
 * @param {import('./release-packages.mjs').Manifest} manifest the main package's
 */
function keepPublished(document, manifest) {
  const ofRef = new Map(document.dependencies.map((dependency) => [dependency.ref, dependency]));
  const root = ofRef.get(document.metadata.component['bom-ref']);
  if (!root) throw new ScriptError('npm sbom says nothing of the package itself.');
  const names = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
  root.dependsOn = root.dependsOn.filter((ref) => names.some((name) => ref.startsWith(`${name}@`)));
  const kept = new Set([root.ref]);
  for (const ref of kept) for (const next of ofRef.get(ref)?.dependsOn ?? []) kept.add(next);
  document.components = document.components.filter((one) => kept.has(one['bom-ref']));
  document.dependencies = document.dependencies.filter(({ ref }) => kept.has(ref));
}

/**
 * @param {string} folder of a runtime's package
 * @param {string} owner
 */
function openvinoComponents(folder, owner) {
  const libraries = join(folder, 'lib');
  const names = readdirSync(libraries);
  const parts = OPENVINO_PARTS.map(({ name, license, library, version, description }) => {
    const file = names.find((candidate) => new RegExp(`^(lib)?${library}(12)?\\.`).test(candidate));
    const found =
      version && file ? version.exec(readFileSync(join(libraries, file), 'latin1'))?.[1] : undefined;
    return { ...component(`${owner}#${name}`, name, found, license), ...(description && { description }) };
  });
  return [
    {
      ...component(`${owner}#OpenVINO`, 'OpenVINO', openvinoVersion, 'Apache-2.0'),
      purl: `pkg:pypi/openvino@${openvinoVersion}`,
      // Each shipped file, so that it can be recognized.
      components: names.map((name) => ({
        type: 'file',
        'bom-ref': `${owner}#${name}`,
        name,
        hashes: [{ alg: 'SHA-256', content: sha256(join(libraries, name)) }],
      })),
    },
    ...parts,
  ];
}

function nodeAddonApi() {
  const { version } = manifestOf('node-addon-api');
  return {
    ...component(`node-addon-api@${version}`, 'node-addon-api', version, 'MIT'),
    purl: `pkg:npm/node-addon-api@${version}`,
  };
}

/**
 * @param {string} ref
 * @param {string} name
 * @param {string | undefined} version
 * @param {string} license
 */
function component(ref, name, version, license) {
  return {
    'bom-ref': ref,
    type: 'library',
    name,
    ...(version !== undefined && { version }),
    licenses: [{ license: { id: license } }],
  };
}

/** @param {string} path */
const sha256 = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

/**
 * @template T
 * @param {readonly T[]} items
 * @param {(item: T) => string} keyOf
 */
const distinct = (items, keyOf) => [...new Map(items.map((item) => [keyOf(item), item])).values()];
