import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { platform, ProjectTree } from '../support/project-tree.js';

/** A tree without the repository's build files is what a registry hands out. */
let tree: ProjectTree;
beforeEach(async () => {
  tree = new ProjectTree();
  await tree.addBundle();
});
afterEach(() => {
  tree.remove();
});

const [os = '', cpu = ''] = platform.split('-');
const command = `npm install --os=${os} --cpu=${cpu} @openvino-diffusers/${platform}@`;

const onLinux = process.platform === 'linux';

describe.runIf(onLinux)('an installed package', () => {
  it('says that optional dependencies were left out, and how to get them', () => {
    const { error } = tree.run();
    expect(error?.code).toBe('ADDON_NOT_FOUND');
    expect(error?.message).toMatch(/--omit=optional/);
    expect(error?.message).toContain(command);
    expect(error?.message).not.toMatch(/npm run|fetch-runtime|build the addon|Build anew|OPENVINO_DIR to/i);

    tree.addPlatformPackage(); // what the command does
    expect(tree.run()).toMatchObject({ source: 'platform package' });
  });

  it('says that node_modules comes from another platform', () => {
    const other = platform === 'linux-x64' ? 'linux-arm64' : 'linux-x64';
    tree.addEmptyPackage(`@openvino-diffusers/${other}`);
    const { error } = tree.run();
    expect(error?.code).toBe('ADDON_NOT_FOUND');
    expect(error?.message).toContain(`@openvino-diffusers/${other} is installed, and this is ${platform}`);
    expect(error?.message).toContain('Remove node_modules and the lock file');
    expect(error?.message).toContain(command);
    expect(error?.message).not.toMatch(/npm run|--omit/);

    tree.addPlatformPackage();
    expect(tree.run().error).toBeUndefined();
  });
});

const flag = Number(process.versions.node.split('.')[0]) >= 24 ? '--permission' : '--experimental-permission';

describe.runIf(onLinux)("under Node's permission model", () => {
  const run = (...flags: string[]) => tree.run(undefined, {}, 'esm', [flag, ...flags]);
  beforeEach(() => {
    tree.addPlatformPackage();
  });

  it('loads with the permissions that the documentation names', () => {
    expect(run('--allow-fs-read=*', '--allow-addons').error).toBeUndefined();
  });

  it('names the flag for addons', () => {
    const { error } = run('--allow-fs-read=*');
    expect(error).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(error?.message).toContain('--allow-addons');
  });

  it('needs to read no more than the packages', () => {
    // report() reads more than loading does.
    const code = `import { loadAddon } from './dist/runtime/load-addon.js';
      try { send({ openvinoVersion: loadAddon().exports.openvinoVersion }); }
      catch ({ code, message }) { send({ error: { code, message } }); }`;
    const flags = [flag, `--allow-fs-read=${tree.root}/`, '--allow-addons'];
    const { error, openvinoVersion } = tree.run(code, {}, 'esm', flags);
    expect(error).toBeUndefined();
    expect(openvinoVersion).toMatch(/^20\d\d\./);
  });

  it('names the flag for reading where files are hidden', () => {
    const other = new ProjectTree();
    try {
      other.addRuntime();
      tree.remove('node_modules');
      tree.addAddon();
      const env = { OPENVINO_DIR: other.path('runtime', platform) };
      const { error } = tree.run(undefined, env, 'esm', [
        flag,
        `--allow-fs-read=${tree.root}/`,
        '--allow-addons',
      ]);
      expect(error?.code).toBe('PERMISSION_DENIED');
      expect(error?.message).toContain('--allow-fs-read=*');
      expect(tree.run(undefined, env, 'esm', [flag, '--allow-fs-read=*', '--allow-addons']).source).toBe(
        'OPENVINO_DIR',
      );
    } finally {
      other.remove();
    }
  });
});
