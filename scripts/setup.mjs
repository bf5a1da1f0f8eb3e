/** Command: makes a checkout ready to run. */
import { parseArgs } from 'node:util';

import { runScript, say } from './console.mjs';
import { buildWithCMake } from './native-build.mjs';
import { buildTypeScript } from './typescript-build.mjs';

const help = `Usage: node scripts/setup.mjs

Gets OpenVINO, builds the native addon, bundles the TypeScript. Skips what is up to date.

  --help  show this text`;

await runScript(async () => {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } } });
  if (values.help) {
    say(help);
    return;
  }
  await buildWithCMake();
  buildTypeScript();
});
