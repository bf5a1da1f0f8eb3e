import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { builtAddon, platform, ProjectTree } from '../support/project-tree.js';

const gypAddon = 'build-gyp/build/Release/openvino_diffusers.node';

/** What another process sees of an addon. */
function exportsOf(addon: string): unknown {
  const code = `process.stdout.write(JSON.stringify(
    Object.entries(require(${JSON.stringify(resolve(addon))})).map(([name, value]) => [name, typeof value]).sort()))`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--eval', code], { encoding: 'utf8' });
  return stdout ? JSON.parse(stdout) : stderr;
}

describe.runIf(process.platform === 'linux')('the addon built with node-gyp', () => {
  let tree: ProjectTree;

  beforeAll(async () => {
    // About a minute the first time; nothing after that until a source changes.
    const { status, stderr } = spawnSync(process.execPath, ['scripts/build-native.mjs', '--gyp'], {
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    tree = new ProjectTree();
    await tree.addBundle();
  }, 600_000);

  afterAll(() => {
    tree.remove();
  });

  it('has the exports of the one built with CMake', () => {
    expect(exportsOf(gypAddon)).toEqual(exportsOf(builtAddon));
    expect(exportsOf(gypAddon)).toContainEqual(['Core', 'function']);
  });

  it('looks for OpenVINO only in places relative to itself', () => {
    const { stdout } = spawnSync('readelf', ['--dynamic', gypAddon], { encoding: 'utf8' });
    expect(/RUNPATH.*\[(.*)\]/.exec(stdout)?.[1]).toBe(`$ORIGIN:$ORIGIN/../../runtime/${platform}/lib`);
  });

  it('runs in the place of the other', () => {
    tree.addAddon(gypAddon);
    tree.addRuntime();
    expect(tree.run()).toMatchObject({
      source: 'own copy',
      devices: expect.arrayContaining(['CPU']) as string[],
    });
  });
});
