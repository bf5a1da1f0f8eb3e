import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { runModule } from '../support/run-module.js';

const work = mkdtempSync(join(tmpdir(), 'hostile-configs-'));
const path = join(work, 'scheduler_config.json');

afterAll(() => {
  rmSync(work, { recursive: true });
});

const MEGABYTES = 5;
const filled = (piece: string): string => piece.repeat(Math.ceil((MEGABYTES * 1e6) / piece.length));

/** Texts that expressions with backtracking need a time for that grows with the square of their length. */
const texts: [string, string][] = [
  ['a string of escaped quotes that does not end', `{"a": "${filled('\\"')}`],
  ['a string of escaped quotes before a lone backslash', `{"a": "${filled('\\"')}\\`],
  ['quotes and line breaks behind backslashes', `{"a": ${filled('"\\\n')}`],
  ['quotes alone', filled('"')],
  ['backslashes alone', filled('\\')],
  ['one string without end', `{"a": "${filled('x')}`],
  ['one string with end', `{"a": "${filled('x')}"}`],
  ['minus signs', `{"a": ${filled('-')}Infinity}`],
  ['a word of Infinity', `{"a": ${filled('Infinity')}}`],
  ['a list of NaN', `{"a": [${filled('NaN,')}NaN]}`],
  ['white space', `{"a": ${filled(' \n')}`],
  ['brackets', filled('[')],
  ['one key of 5 MB', `{"${filled('_a')}": 1}`],
];

// The form before took 11 s for 100 kB: 5 MB would take hours.
describe.each(texts)(`${MEGABYTES} MB of configuration, %s`, (_, text) => {
  it('is read or refused with a typed error, by a process that ends', () => {
    writeFileSync(path, text);
    const { status, signal, stdout, stderr } = runModule(
      `import { schedulerFromPretrained } from './dist/schedulers/index.js';
      const error = await schedulerFromPretrained(process.argv[1], { subfolder: '.' }).catch((e) => e);
      console.log(error.name, error.code);`,
      [work],
    );
    expect({ status, signal, stdout, stderr }).toEqual({
      status: 0,
      signal: null,
      stdout: expect.stringMatching(/^ModelLoadError (CONFIG_INVALID|UNSUPPORTED)\n$/) as string,
      stderr: '',
    });
  });
});
