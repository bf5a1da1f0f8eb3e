import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

it("the site's sidebar has every page of docs/, and no other", () => {
  const config = readFileSync(join(root, 'scripts/site/.vitepress/config.mjs'), 'utf8');
  const sidebar = config.slice(config.indexOf('sidebar:'));
  const linked = [...sidebar.matchAll(/link: '\/([\w-]*)'/g)].map(([, name = '']) => name);
  const pages = readdirSync(join(root, 'docs')).flatMap((name) => /^(.+)\.md$/.exec(name)?.[1] ?? []);
  const others = ['', 'contributing', 'security-policy']; // README and its neighbours
  expect(linked.sort()).toEqual([...pages, ...others].sort());
});
