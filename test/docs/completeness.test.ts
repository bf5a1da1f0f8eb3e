import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';

import { doctorCommand } from '../../lib/cli/doctor.js';
import { exportCommand } from '../../lib/cli/export.js';
import { generateCommand } from '../../lib/cli/generate.js';
import { schedulersCommand } from '../../lib/cli/schedulers.js';
import { schedulerClassNames } from '../../lib/index.js';
import { parseGenerateOptions } from '../../lib/pipelines/generate-options.js';
import { parsePipelineOptions, parseSingleFileOptions } from '../../lib/pipelines/pipeline-options.js';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The members of a union of strings in a source file. */
function unionMembers(path: string, type: string): string[] {
  const [, union = ''] = new RegExp(`export type ${type} =([^;]+);`).exec(read(path)) ?? [];
  return [...union.matchAll(/'(\w+)'/g)].map(([, member = '']) => member);
}

/** The options a parser knows, which it lists for one that is like none of them. */
function knownOptions(parse: (options: object) => unknown): string[] {
  try {
    parse({ ['x'.repeat(100)]: 1 });
  } catch (error) {
    const [, list = ''] = /Known options: (.+)\./.exec((error as Error).message) ?? [];
    return list.split(', ');
  }
  return [];
}

/** What of a list a document does not have as code: `` `item` ``, or with an argument. */
function missingIn(path: string, names: readonly string[]): string[] {
  const text = read(path);
  return names.filter((name) => !text.includes(`\`${name}\``) && !text.includes(`\`${name} <`));
}

describe('the documentation is complete', () => {
  it('docs/errors.md has every code', () => {
    const codes = unionMembers('lib/common/errors.ts', 'ErrorCode');
    const warnings = unionMembers('lib/common/warnings.ts', 'WarningCode');
    expect(codes).toContain('INVALID_ARGUMENT');
    expect(warnings).toContain('PROMPT_TRUNCATED');
    expect(missingIn('docs/errors.md', [...codes, ...warnings])).toEqual([]);
  });

  it('docs/models.md has every option of loading', () => {
    const options = [...knownOptions(parsePipelineOptions), ...knownOptions(parseSingleFileOptions)];
    expect(options).toContain('weightFormat');
    expect(options).toContain('predictionType');
    expect(missingIn('docs/models.md', options)).toEqual([]);
  });

  it('docs/getting-started.md has every option of generate', () => {
    const options = knownOptions(parseGenerateOptions);
    expect(options).toContain('numInferenceSteps');
    expect(missingIn('docs/getting-started.md', options)).toEqual([]);
  });

  it('docs/schedulers.md has every scheduler', () => {
    expect(missingIn('docs/schedulers.md', schedulerClassNames)).toEqual([]);
  });

  it.each<[string, () => Command]>([
    ['generate', generateCommand],
    ['export', exportCommand],
    ['doctor', doctorCommand],
    ['schedulers', schedulersCommand],
  ])('docs/cli.md has every option of %s', (_, command) => {
    const { options } = command();
    const names = options.map(({ long }) => long ?? '');
    const text = read('docs/cli.md');
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !text.includes(`${name}\``) && !text.includes(`${name} <`))).toEqual([]);
  });
});
