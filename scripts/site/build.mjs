/** Command: builds the site into `scripts/site/.vitepress/dist`; see `npm run docs`. Fails on warnings and dead links. */
import { execFileSync } from 'node:child_process';

import { build } from 'vitepress';

import { writeContent } from './content.mjs';

const here = import.meta.dirname;

writeContent();
execFileSync(process.execPath, ['node_modules/typedoc/bin/typedoc'], { cwd: here, stdio: 'inherit' });
await build(here);
