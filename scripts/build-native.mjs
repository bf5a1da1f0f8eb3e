/** Command: builds the native addon. */
import { parseArgs } from 'node:util';

import { runScript, say } from './console.mjs';
import { buildForPlatform, buildWithGyp } from './native-build.mjs';
import { hostPlatform } from './project.mjs';

const help = `Usage: node scripts/build-native.mjs [--gyp] [--platform <platform>] [--strict] [--force]

Builds the native addon against OpenVINO, from OPENVINO_DIR when it leads to the pinned release with headers,
otherwise from runtime/, which is downloaded if it is not there. Does nothing when the addon is up to date.

  --gyp     build with node-gyp into build-gyp/, not with CMake into build/
  --platform <platform>
            build for another one, into build-<platform>/: linux-arm64, with g++-aarch64-linux-gnu
  --strict  let no compiler warning pass (CMake only)
  --force   build although nothing has changed
  --help    show this text`;

await runScript(async () => {
  const { values } = parseArgs({
    options: {
      gyp: { type: 'boolean', default: false },
      platform: { type: 'string', default: hostPlatform },
      strict: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) say(help);
  else if (values.gyp) await buildWithGyp(values);
  else await buildForPlatform(values.platform, values);
});
