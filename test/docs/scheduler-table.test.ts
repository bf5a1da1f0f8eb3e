import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { format } from 'prettier';
import { expect, it } from 'vitest';

import { schedulerTable } from '../support/scheduler-table.js';

const path = join(import.meta.dirname, '../../docs/schedulers.md');
const TABLE = /(?<=<!-- generated: schedulers -->\n).*(?=\n<!-- end -->)/s;

// `npx vitest run test/docs/scheduler-table.test.ts -u` writes it.
it('the table in docs/schedulers.md is what runs against diffusers’ values give', async () => {
  const document = await readFile(path, 'utf8');
  expect(document).toMatch(TABLE);
  const table = await format(schedulerTable(document), { parser: 'markdown', printWidth: 110 });
  await expect(document.replace(TABLE, () => `\n${table}`)).toMatchFileSnapshot(path);
});
