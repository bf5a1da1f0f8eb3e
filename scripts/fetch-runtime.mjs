/** Command: gets this package's own copy of OpenVINO. */
import { parseArgs } from 'node:util';

import { runScript, say } from './console.mjs';
import { wheels } from './openvino-wheels.mjs';
import { hostPlatform } from './project.mjs';
import { provideRuntime } from './runtime-folder.mjs';

const help = `Usage: node scripts/fetch-runtime.mjs [--platform <platform>]

Downloads the pinned release of OpenVINO, with npm where its package is published and otherwise with pip, checks its
hash and puts its headers and libraries into runtime/<platform>/. Does nothing when they are there already.

  --platform <platform>  ${Object.keys(wheels).join(', ')} (default: ${hostPlatform})
  --help                 show this text`;

await runScript(async () => {
  const { values } = parseArgs({ options: { platform: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help) say(help);
  else await provideRuntime(values.platform);
});
