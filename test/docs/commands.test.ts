import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';

import { doctorCommand } from '../../lib/cli/doctor.js';
import { exportCommand } from '../../lib/cli/export.js';
import { generateCommand } from '../../lib/cli/generate.js';
import { schedulersCommand } from '../../lib/cli/schedulers.js';
import { codeBlocks, readDocuments } from '../support/documents.js';

const root = join(import.meta.dirname, '../..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
const commands: Record<string, Command> = {
  generate: generateCommand(),
  export: exportCommand(),
  doctor: doctorCommand(),
  schedulers: schedulersCommand(),
};

/** Commands of the documents' shell blocks, as words; those joined by &&, | and lines that go on are taken apart. */
const lines = readDocuments().flatMap((document) =>
  codeBlocks(document)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ code }) => code.replaceAll('\\\n', ' ').split('\n'))
    .map((line) => line.replace(/\s#.*$/, ''))
    .flatMap((line) => line.split(/ && | \| /))
    .map((line) => line.match(/"[^"]*"|\S+/g) ?? [])
    .map((words) => ({ path: document.path, words: words.filter((word) => !/^[A-Z_]+=/.test(word)) }))
    .filter(({ words }) => words.length > 0),
);

const ownCommands = lines.flatMap(({ path, words }) => {
  const start = words.findIndex((word) => word === 'openvino-diffusers' || word === 'dist/cli/main.js');
  return start >= 0 && words[0] !== 'npm' && words[0] !== 'bun' && words[0] !== 'cd'
    ? [{ path, line: words.join(' '), words: words.slice(start + 1) }]
    : [];
});

/** The flags among words: `--steps`, `-o`. */
const flagsOf = (words: readonly string[]): string[] =>
  words.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.split('=')[0] ?? '');

describe('commands of the documentation', () => {
  it.each(ownCommands)('$path: $line', ({ words }) => {
    const [name = '', ...rest] = words.filter((word) => word !== '--debug');
    const command = commands[name];
    expect(command, name).toBeDefined();
    const known = command?.options.flatMap(({ long, short }) => [long, short]);
    expect(flagsOf(rest).filter((flag) => !known?.includes(flag))).toEqual([]);
  });

  it('are found', () => {
    expect(ownCommands.length).toBeGreaterThan(10);
  });

  it('npm run names scripts there are', () => {
    const named = lines.filter(({ words: [npm, run] }) => npm === 'npm' && run === 'run');
    expect(named.length).toBeGreaterThan(5);
    expect(
      named.filter(({ words }) => !words.includes('--prefix') && !((words[2] ?? '') in scripts)),
    ).toEqual([]);
  });

  it('node names files there are, with options they have', () => {
    const named = lines.filter(
      ({ words: [node, file = ''] }) => node === 'node' && /^(scripts|bench|test|examples)\//.test(file),
    );
    expect(named.length).toBeGreaterThan(2);
    for (const { words } of named) {
      const [, file = '', ...rest] = words;
      expect(existsSync(join(root, file)), file).toBe(true);
      const text = readFileSync(join(root, file), 'utf8');
      expect(flagsOf(rest).filter((flag) => !text.includes(flag.replace(/^--/, '')))).toEqual([]);
    }
  });
});

describe('help texts', () => {
  it.each(Object.entries(commands))('docs/cli.md has the defaults of %s', (_, command) => {
    const text = readFileSync(join(root, 'docs/cli.md'), 'utf8');
    for (const { long, defaultValue } of command.options) {
      if (typeof defaultValue !== 'string' && typeof defaultValue !== 'number') continue;
      const row = text.split('\n').find((line) => line.startsWith('|') && line.includes(`${long ?? ''} `));
      expect(row, long).toContain(String(defaultValue));
    }
  });
});
