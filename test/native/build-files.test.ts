import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const cmake = readFileSync(join(root, 'CMakeLists.txt'), 'utf8').replace(/#.*$/gm, '');

/** binding.gyp is a Python literal. Its commands are not run here. */
interface Target {
  sources: string[];
  include_dirs: string[];
  defines: string[];
  cflags_cc: string[];
  conditions: [string, { ldflags?: string[]; xcode_settings?: Record<string, unknown> }][];
}
const parsed = spawnSync(
  'python3',
  ['-c', 'import ast,json,sys; print(json.dumps(ast.literal_eval(sys.stdin.read())))'],
  {
    input: readFileSync(join(root, 'binding.gyp'), 'utf8'),
    encoding: 'utf8',
  },
);
const [gyp] = (JSON.parse(parsed.stdout) as { targets: [Target] }).targets;

/** The arguments of a CMake command for the addon's target, between parentheses. */
function command(name: string): string {
  const calls = Array.from(cmake.matchAll(new RegExp(`${name}\\(openvino_diffusers\\s([^)]*)\\)`, 'g')));
  expect(calls.length, name).toBeGreaterThan(0);
  return calls.map(([, text]) => text).join(' ');
}

const condition = (system: string) => gyp.conditions.find(([when]) => when === `OS=="${system}"`)![1];

describe('CMakeLists.txt and binding.gyp', () => {
  it('compile the same sources: every one there is', () => {
    const there = readdirSync(join(root, 'native'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.cc'))
      .map((name) => `native/${name}`)
      .sort();
    const [, list] = /^<!@\((.*)\)$/.exec(gyp.sources.join())!;
    const { stdout } = spawnSync(list!, { cwd: root, encoding: 'utf8', shell: true });
    expect(stdout.trim().split(' ')).toEqual(there);
    expect(cmake).toContain(
      'file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/native/*.cc)',
    );
    expect(cmake).toContain('add_library(openvino_diffusers SHARED ${sources} ${CMAKE_JS_SRC})');
  });

  it('define the same', () => {
    const defined = command('target_compile_definitions').match(/[A-Z_]+(=\w+)?/g)!;
    expect(defined.filter((name) => name !== 'PRIVATE').sort()).toEqual([...gyp.defines].sort());
  });

  it('find headers in the same folders', () => {
    const folders = command('target_include_directories');
    expect(folders).toContain('${CMAKE_CURRENT_SOURCE_DIR}/native');
    expect(gyp.include_dirs).toEqual(['native']);
    expect(gyp.cflags_cc).toContain('-isystem<(openvino_include)');
    expect(gyp.cflags_cc).toContain('-isystem<(node_addon_api)');
  });

  it('ask for the same of the compiler', () => {
    const [, standard] = /cxx_std_(\d+)/.exec(command('target_compile_features'))!;
    const generated = (text: string): string =>
      text
        .replaceAll('${CMAKE_CURRENT_SOURCE_DIR}', '<(project_root)')
        .replaceAll('${openvino_include}', '<(openvino_include)');
    const options = Array.from(
      generated(command('target_compile_options')).matchAll(/(?<=\s)-[\w-]+(=\S+)?/g),
      ([option]) => option,
    );
    const hidden = ['CXX_VISIBILITY_PRESET hidden', 'VISIBILITY_INLINES_HIDDEN ON', 'CXX_EXTENSIONS OFF'];
    for (const property of hidden) expect(cmake).toContain(property);
    // Of single sources with CMake; gyp has no such thing and sets them for all.
    const single = Array.from(
      cmake.matchAll(/set_source_files_properties\(\S+ PROPERTIES COMPILE_OPTIONS (\S+)\)/g),
      ([, option]) => option!,
    );
    expect(condition('mac').xcode_settings?.OTHER_CFLAGS).toEqual(single);
    const expected = [
      ...options,
      ...single,
      `-std=c++${standard}`,
      '-fvisibility=hidden',
      '-fvisibility-inlines-hidden',
    ];
    const given = gyp.cflags_cc.filter((flag) => !flag.startsWith('-isystem'));
    expect(given.sort()).toEqual(expected.sort());
    expect(condition('mac').xcode_settings?.CLANG_CXX_LANGUAGE_STANDARD).toBe(`c++${standard}`);
  });

  it('ask for the same of the linker', () => {
    const options = command('target_link_options').match(/-Wl,[\w,-]+|(?<=:)-s/g)!;
    const given = condition('linux').ldflags!;
    expect(given.filter((flag) => !flag.startsWith('-Wl,-rpath')).sort()).toEqual([...options].sort());
    const [, rpath] = /INSTALL_RPATH "(.*)"/.exec(cmake)!;
    const places = rpath!
      .split(';')
      .map((place) => place.replace('${here}', '$$$$ORIGIN').replace('${platform}', '<(platform)'));
    expect(given.filter((flag) => flag.startsWith('-Wl,-rpath'))).toEqual(
      places.map((place) => `-Wl,-rpath,'${place}'`),
    );
  });
});
