/** The packages of a release, in the order in which they can be published: what another depends on comes first. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { ScriptError } from '../console.mjs';
import { openvinoVersion, projectRoot } from '../project.mjs';

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [optionalDependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, string>} [config]
 * @property {string[]} [files]
 */

/**
 * @typedef {object} ReleasePackage
 * @property {'runtime' | 'full runtime' | 'addon' | 'model' | 'main'} kind
 * @property {string | undefined} platform
 * @property {Manifest & Record<string, unknown>} manifest as it is published
 */

/** Fields of the project's manifest that are of no use to whoever installs the package. */
const ownFields = ['scripts', 'devDependencies', 'workspaces', 'gypfile', 'binary', 'overrides'];

/** @param {string} path from the project's root */
const readManifest = (path) => JSON.parse(readFileSync(join(projectRoot, path), 'utf8'));

/** Platforms whose packages are described in `npm/`. */
export function describedPlatforms() {
  return readdirSync(join(projectRoot, 'npm'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('runtime-'))
    .map(({ name }) => name);
}

/**
 * @param {readonly string[]} platforms those to release
 * @param {{ full: boolean }} options whether with the runtimes that have all plugins
 * @returns {ReleasePackage[]}
 */
export function releasePackages(platforms, { full }) {
  const main = readManifest('package.json');
  const { license, engines, author, repository, homepage, bugs } = main;
  const common = { license, engines, author, repository, homepage, bugs };

  /**
   * @param {string} folder in npm/
   * @param {Partial<Manifest>} fields
   */
  const platformManifest = (folder, fields) => {
    const path = join('npm', folder, 'package.json');
    if (!existsSync(join(projectRoot, path))) {
      throw new ScriptError(`${path} is not there; npm/README.md says what a platform needs.`);
    }
    return {
      ...readManifest(path),
      ...common,
      ...fields,
      main: './index.cjs',
      exports: { '.': './index.cjs', './package.json': './package.json' },
      preferUnplugged: true,
    };
  };
  const openvino = { version: openvinoVersion };

  /** @type {ReleasePackage[]} */
  const packages = platforms.flatMap((platform) => {
    const runtime = `@openvino-diffusers/runtime-${platform}`;
    // Where OpenVINO has no more plugins than those for the CPU, there is none.
    const hasFull = existsSync(join(projectRoot, `npm/runtime-${platform}-full`));
    return /** @type {ReleasePackage[]} */ ([
      {
        kind: 'runtime',
        platform,
        manifest: {
          ...platformManifest(`runtime-${platform}`, {
            version: openvinoVersion,
            files: ['index.cjs', 'lib', 'licenses'],
          }),
          openvino,
        },
      },
      ...(full && hasFull
        ? [
            {
              kind: 'full runtime',
              platform,
              manifest: {
                ...platformManifest(`runtime-${platform}-full`, {
                  version: openvinoVersion,
                  files: ['index.cjs', 'lib', 'include', 'licenses', 'openvino.json'],
                }),
                openvino,
              },
            },
          ]
        : []),
      {
        kind: 'addon',
        platform,
        manifest: {
          ...platformManifest(platform, {
            version: main.version,
            files: ['index.cjs', 'openvino_diffusers.node', 'LICENSE-node-addon-api'],
            dependencies: { [runtime]: openvinoVersion },
            ...(hasFull && { peerDependencies: { [`${runtime}-full`]: openvinoVersion } }),
          }),
          ...(hasFull && { peerDependenciesMeta: { [`${runtime}-full`]: { optional: true } } }),
        },
      },
    ]);
  });
  const shapes = readManifest('packages/shapes/package.json');
  const { optionalDependencies = {}, ...published } = Object.fromEntries(
    Object.entries(main).filter(([field]) => !ownFields.includes(field)),
  );
  if (optionalDependencies[shapes.name] !== shapes.version) {
    throw new ScriptError(
      `package.json depends on ${shapes.name} ${optionalDependencies[shapes.name]}, which is ${shapes.version}.`,
    );
  }
  return [
    ...packages,
    { kind: 'model', platform: undefined, manifest: { ...shapes, ...common } },
    {
      kind: 'main',
      platform: undefined,
      manifest: /** @type {ReleasePackage['manifest']} */ ({
        ...published,
        // Yarn 1 installs nothing at all where one of these is not published.
        optionalDependencies: {
          ...optionalDependencies,
          ...Object.fromEntries(
            packages
              .filter(({ kind }) => kind === 'addon')
              .map(({ manifest }) => [manifest.name, main.version]),
          ),
        },
      }),
    },
  ];
}
