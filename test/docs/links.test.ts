import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { anchorsOf, localLinks, readDocuments } from '../support/documents.js';

const root = join(import.meta.dirname, '../..');
const documents = readDocuments();

describe.each(documents)('$path', (document) => {
  it('links to files that exist, and to headings that they have', () => {
    const dead = localLinks(document).filter(({ file, anchor }) => {
      if (!existsSync(join(root, file))) return true;
      const target = documents.find(({ path }) => path === file);
      return anchor !== undefined && !(target && anchorsOf(target).includes(anchor));
    });
    expect(dead).toEqual([]);
  });
});
