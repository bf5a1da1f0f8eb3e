import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import manifest from '../../package.json' with { type: 'json' };
import { builtAddon, platform, ProjectTree } from '../support/project-tree.js';

/** The entries of one kind in the addon's dynamic section, as binutils reads them. */
function dynamicEntries(kind: string): string[] {
  const { stdout } = spawnSync('readelf', ['--dynamic', '--wide', builtAddon], { encoding: 'utf8' });
  const entries = stdout.matchAll(/\((\w+)\)\s+(?:.*\[(.*)\]|(.*))$/gm);
  return Array.from(entries).flatMap(([, name, bracketed, plain]) =>
    name === kind ? [bracketed ?? plain ?? ''] : [],
  );
}

describe.runIf(process.platform === 'linux')('the built addon', () => {
  it('looks for OpenVINO only in places relative to itself, and after LD_LIBRARY_PATH', () => {
    const [runpath = ''] = dynamicEntries('RUNPATH');
    expect(runpath.split(':')).toEqual(['$ORIGIN', `$ORIGIN/../../runtime/${platform}/lib`]);
    expect(dynamicEntries('RPATH')).toEqual([]);
  });

  it('needs this very release of OpenVINO, and otherwise only the compiler and system libraries', () => {
    const needed = dynamicEntries('NEEDED');
    expect(needed.filter((name) => name.includes('openvino'))).toEqual([
      `libopenvino.so.${manifest.openvino.version.slice(2).replaceAll('.', '')}`,
    ]);
    const others = needed.filter((name) => !name.includes('openvino'));
    expect(others.every((name) => /^(lib(stdc\+\+|gcc_s|c|m|pthread|dl)|ld-linux.*)\.so/.test(name))).toBe(
      true,
    );
  });

  it('stays in the process when a worker that has loaded it ends', () => {
    expect(dynamicEntries('FLAGS_1').join()).toContain('NODELETE');
  });

  it('does not tell where it was built', () => {
    const binary = readFileSync(builtAddon);
    for (const place of [process.cwd(), dirname(process.cwd()), 'node_modules']) {
      expect(binary.includes(place)).toBe(false);
    }
  });
});

describe.runIf(process.platform === 'linux')('the addon in a process', () => {
  let tree: ProjectTree;

  beforeEach(async () => {
    tree = new ProjectTree();
    await tree.addBundle();
    tree.addAddon();
  });

  afterEach(() => {
    tree.remove();
  });

  it.each(['esm', 'cjs'] as const)(
    'loads from a bundle (%s) after package and runtime were moved together',
    (format) => {
      tree.addRuntime();
      const report = tree.run(undefined, {}, format);
      expect(report).toMatchObject({
        source: 'own copy',
        devices: expect.arrayContaining(['CPU']) as string[],
      });
      expect(report.openvinoVersion).toMatch(new RegExp(`^${manifest.openvino.version}-`));
      expect(report.mapped).toContain(tree.path('runtime', platform, 'lib/libopenvino.so.2640'));
      expect(report.mapped.every((file) => dirname(file) === tree.path('runtime', platform, 'lib'))).toBe(
        true,
      );
    },
  );

  it('loads without the loader too', () => {
    tree.addRuntime();
    const code = `const { openvinoVersion } = require(${JSON.stringify(tree.path(builtAddon))});
      process.stdout.write(openvinoVersion);`;
    const { stdout } = spawnSync(process.execPath, ['--eval', code], { encoding: 'utf8' });
    expect(stdout).toMatch(new RegExp(`^${manifest.openvino.version}-`));
  });

  it('runs on the OpenVINO that OPENVINO_DIR names although its own copy is within reach', () => {
    tree.addRuntime();
    tree.addRuntime(() => 'elsewhere');
    const { source, mapped } = tree.run(undefined, { OPENVINO_DIR: tree.path('elsewhere') });
    expect(source).toBe('OPENVINO_DIR');
    expect(mapped).toContain(tree.path('elsewhere/libopenvino.so.2640'));
    expect(mapped).toContain(tree.path('elsewhere/libopenvino_intel_cpu_plugin.so'));
    expect(mapped.filter((file) => dirname(file) !== tree.path('elsewhere'))).toEqual([]);
  });

  it('runs on an archive whose oneTBB is in a folder of its own, without its setup script', () => {
    const isTbb = (name: string) => /^lib(tbb|hwloc)/.test(name);
    tree.addRuntime((name) =>
      isTbb(name) ? 'archive/runtime/3rdparty/tbb/lib' : 'archive/runtime/lib/intel64',
    );
    const { source, devices, mapped } = tree.run(undefined, { INTEL_OPENVINO_DIR: tree.path('archive') });
    expect({ source, devices }).toEqual({
      source: 'INTEL_OPENVINO_DIR',
      devices: expect.arrayContaining(['CPU']) as string[],
    });
    expect(mapped).toContain(tree.path('archive/runtime/lib/intel64/libopenvino.so.2640'));
    expect(mapped).toContain(tree.path('archive/runtime/3rdparty/tbb/lib/libtbb.so.12'));
  });

  it('falls back to its own copy when the named installation does not load', () => {
    tree.addRuntime();
    // OpenVINO without the oneTBB it needs.
    tree.addRuntime((name) => (/^lib(tbb|hwloc)/.test(name) ? 'apart' : 'broken'));
    const { source, mapped } = tree.run(undefined, { OPENVINO_DIR: tree.path('broken') });
    expect(source).toBe('own copy');
    expect(mapped.filter((file) => file.startsWith(tree.path('broken')))).toEqual([]);
  });

  it('shares one OpenVINO between all threads, whatever their environments say', () => {
    tree.addRuntime();
    tree.addRuntime(() => 'elsewhere');
    const report = tree.run(`
      import { Worker, isMainThread, parentPort } from 'node:worker_threads';
      if (isMainThread) {
        await report();
        const worker = new Worker(new URL(import.meta.url), { env: { OPENVINO_DIR: '${tree.path('elsewhere')}' } });
        worker.on('message', send);
      } else {
        parentPort.postMessage(await report());
      }`);
    expect(report.source).toBe('this process');
    expect(report.mapped.filter((file) => file.startsWith(tree.path('elsewhere')))).toEqual([]);
  });

  it('can be loaded by a worker, and by the main thread after that worker has ended', () => {
    tree.addRuntime();
    const report = tree.run(`
      import { Worker, isMainThread, parentPort } from 'node:worker_threads';
      import { once } from 'node:events';
      if (isMainThread) {
        const worker = new Worker(new URL(import.meta.url));
        const [[fromWorker]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
        if (fromWorker.source !== 'own copy') throw new Error(JSON.stringify(fromWorker));
        send(await report());
      } else {
        parentPort.postMessage(await report());
      }`);
    expect(report).toMatchObject({
      source: 'this process',
      devices: expect.arrayContaining(['CPU']) as string[],
    });
  });

  it('explains itself when there is no OpenVINO', () => {
    const { error } = tree.run(undefined, { OPENVINO_DIR: '/nowhere' });
    expect(error?.code).toBe('RUNTIME_NOT_FOUND');
    expect(error?.message).toContain('OPENVINO_DIR (/nowhere): no OpenVINO libraries there');
    expect(error?.message).toContain(
      `own copy (${tree.path('runtime', platform)}): no OpenVINO libraries there`,
    );
  });

  it('explains itself, with the words of the system loader, when OpenVINO is incomplete', () => {
    tree.addRuntime((name) => (name.startsWith('libtbb') ? 'apart' : `runtime/${platform}/lib`));
    const { error } = tree.run();
    expect(error?.code).toBe('RUNTIME_NOT_FOUND');
    expect(error?.message).toContain('libtbb.so.12: cannot open shared object file');
    expect(error?.message).toContain('libtbb.so.12 is part of OpenVINO');
  });
});
