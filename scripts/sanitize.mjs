/** Command: runs the tests that use the addon with an addon built under sanitizers. Linux with GCC only. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';

import { runScript, say, ScriptError } from './console.mjs';
import { buildSanitized } from './native-build.mjs';
import { projectRoot } from './project.mjs';
import { readReports } from './sanitizers/reports.mjs';
import { buildTypeScript } from './typescript-build.mjs';

const help = `Usage: npm run sanitize -- [address] [thread] [--filter PATH …] [--leaks]

Builds the addon with GCC's sanitizers, runs the native, lifecycle and end-to-end tests with it, and lists what the
sanitizers report. Ends with 1 when a test fails or an access that is reported is the addon's own.

  address        AddressSanitizer and UndefinedBehaviorSanitizer, in build-asan/
  thread         ThreadSanitizer, in build-tsan/. Default: one after the other
  --filter PATH  only these tests
  --leaks        report leaks too
  --help         show this text`;

const TESTS = ['test/native', 'test/lifecycle', 'test/e2e'];

/** Tests of how the addon is built, packed and found to be well, which a changed addon would only disturb; of memory and time. */
const NOT_RUN = [
  ...['test/native/build*.test.ts', 'test/e2e/package.test.ts', 'test/e2e/doctor.test.ts'],
  ...['test/lifecycle/memory.test.ts', 'test/e2e/event-loop.test.ts', 'test/e2e/hostile-*.test.ts'],
];

/**
 * Limits of memory mean something else to a process whose sanitizer maps terabytes, and its threads wait for one another
 * where they would not otherwise.
 */
const NO_TEST_OF_LIMITS_OR_TURNS = '^(?!.*(at its limit|event loop turn))';

const SUPPRESSIONS = join(projectRoot, 'scripts/sanitizers');

/** What the tests need of the project. Copied, since modules know where they are by the files themselves. */
const COPIED = [
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  'lib',
  'test',
  'dist',
  'scripts',
  'examples',
];
const LINKED = ['node_modules', 'runtime', 'models', 'packages'];

/**
 * @typedef {object} Sanitizer
 * @property {string} folder
 * @property {string} flags for compiler and linker
 * @property {string[]} libraries to be loaded before Node, which is not instrumented
 * @property {(logs: string, leaks: boolean) => Record<string, string>} environment
 * @property {string[]} prefix the command that runs Node
 */

/** @type {Record<string, Sanitizer>} */
const SANITIZERS = {
  address: {
    folder: 'build-asan',
    // Types are compared by run-time information that a library of hidden symbols does not share.
    flags: '-fsanitize=address,undefined -fno-sanitize=vptr',
    libraries: ['libasan.so', 'libubsan.so'],
    environment: (logs, leaks) => ({
      // OpenVINO's CPU plugin sets an alternate signal stack of its own, which ASan would unmap a second time.
      ASAN_OPTIONS: `detect_leaks=${leaks ? 1 : 0}:use_sigaltstack=0:detect_stack_use_after_return=1:strict_string_checks=1:log_path=${logs}/asan`,
      UBSAN_OPTIONS: `print_stacktrace=1:halt_on_error=0:log_path=${logs}/ubsan`,
      LSAN_OPTIONS: `suppressions=${SUPPRESSIONS}/lsan.supp:print_suppressions=0`,
    }),
    prefix: [],
  },
  thread: {
    folder: 'build-tsan',
    // Only the addon is compiled for it: how Node's and OpenVINO's threads wait for one another shows in part, and what
    // is reported of their accesses says nothing.
    flags: '-fsanitize=thread',
    libraries: ['libtsan.so'],
    environment: (logs) => ({
      TSAN_OPTIONS: `halt_on_error=0:exitcode=0:history_size=7:second_deadlock_stack=1:report_signal_unsafe=0:use_sigaltstack=0:log_path=${logs}/tsan`,
    }),
    // ThreadSanitizer needs addresses where it expects them.
    prefix: ['setarch', '-R'],
  },
};

await runScript(async () => {
  const { values, positionals } = parseArgs({
    options: {
      filter: { type: 'string', multiple: true, default: [] },
      leaks: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  if (values.help) return say(help);
  const names = positionals.length > 0 ? positionals : Object.keys(SANITIZERS);
  const unknown = names.find((name) => !Object.hasOwn(SANITIZERS, name));
  if (unknown !== undefined) throw new ScriptError(`There is no sanitizer ${unknown}.\n\n${help}`);
  if (process.platform !== 'linux')
    throw new ScriptError('The sanitizers are set up for Linux with GCC only.');

  buildTypeScript();
  const failures = [];
  for (const name of names) failures.push(...(await sanitize(name, values)));
  if (failures.length > 0) throw new ScriptError(failures.join('\n'));
});

/**
 * @param {string} name
 * @param {{ filter: string[], leaks: boolean }} options
 * @returns {Promise<string[]>} what is wrong
 */
async function sanitize(name, { filter, leaks }) {
  const sanitizer = /** @type {Sanitizer} */ (SANITIZERS[name]);
  const folder = join(projectRoot, sanitizer.folder);
  const addon = await buildSanitized(folder, sanitizer.flags);
  const tree = copyProject(join(folder, 'tree'), addon);
  const logs = join(folder, 'logs');
  rmSync(logs, { recursive: true, force: true });
  mkdirSync(logs);

  const started = performance.now();
  const [program = '', ...args] = [
    ...sanitizer.prefix,
    process.execPath,
    join(projectRoot, 'node_modules/vitest/vitest.mjs'),
    ...['run', '--root', tree, '--config', join(tree, 'scripts/sanitizers/vitest.config.mjs')],
    ...['--testNamePattern', NO_TEST_OF_LIMITS_OR_TURNS],
    ...NOT_RUN.flatMap((file) => ['--exclude', file]),
    ...(filter.length > 0 ? filter : TESTS),
  ];
  const environment = {
    ...sanitizer.environment(logs, leaks),
    // Without it oneTBB opens a library in a way that AddressSanitizer refuses.
    TBB_ENABLE_SANITIZERS: '1',
    LD_PRELOAD: sanitizer.libraries.map(compilersOwn).join(' '),
  };
  const { status, signal } = spawnSync(program, args, {
    cwd: tree,
    stdio: 'inherit',
    env: { ...process.env, SANITIZER_ENVIRONMENT: JSON.stringify(environment) },
  });
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  const { ours, others } = gather(logs);
  say(`\n${name}: tests ended with ${String(signal ?? status)} after ${minutes} min`);
  say(`${name}: ${ours.size} kinds of reports of the addon's accesses, ${others.size} of others'`);
  for (const [report, count] of others) say(`  others, ${count} times: ${report}`);
  for (const [report, count] of ours) say(`  ours, ${count} times: ${report}`);
  return [
    ...(status === 0 ? [] : [`${name}: tests have failed`]),
    ...(ours.size === 0 ? [] : [`${name}: the addon's own accesses are reported, see ${logs}`]),
  ];
}

/**
 * The project with another addon.
 *
 * @param {string} tree
 * @param {string} addon
 */
function copyProject(tree, addon) {
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(join(tree, 'build/Release'), { recursive: true });
  for (const name of COPIED) cpSync(join(projectRoot, name), join(tree, name), { recursive: true });
  for (const name of LINKED) symlinkSync(join(projectRoot, name), join(tree, name));
  cpSync(addon, join(tree, 'build/Release/openvino_diffusers.node'));
  return tree;
}

/** @param {string} library */
function compilersOwn(library) {
  const path = execFileSync('g++', [`-print-file-name=${library}`], { encoding: 'utf8' }).trim();
  if (!existsSync(path))
    throw new ScriptError(`GCC has no ${library}. To install it: sudo apt install libgcc-12-dev`);
  return path;
}

/**
 * Reports by what they say, and how often: those of the addon by function, those of others, which are many, by library.
 *
 * @param {string} logs
 */
function gather(logs) {
  /** @type {Map<string, number>} */
  const ours = new Map();
  /** @type {Map<string, number>} */
  const others = new Map();
  for (const file of readdirSync(logs)) {
    for (const { kind, isOurs, frames } of readReports(readFileSync(join(logs, file), 'utf8'))) {
      const where = isOurs ? frames.map(withoutAddress) : [...new Set(frames.map(moduleOf))];
      const report = `${kind}: ${where.join(' <> ')}`;
      const map = isOurs ? ours : others;
      map.set(report, (map.get(report) ?? 0) + 1);
    }
  }
  return { ours, others };
}

/** @param {string} frame */
function withoutAddress(frame) {
  return frame.replace(/^#\d+\s+(0x[0-9a-f]+ (in )?)?/, '').slice(0, 160);
}

/** @param {string} frame */
function moduleOf(frame) {
  const [, module] = /\(([^()]+)\+0x[0-9a-f]+\)$/.exec(frame) ?? [];
  return module === undefined ? withoutAddress(frame) : basename(module);
}
