/** Command, for maintainers: downloads the wheels of the version in package.json and notes their hashes. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { runScript, say, ScriptError } from './console.mjs';
import { wheels } from './openvino-wheels.mjs';
import { downloadWheel } from './pip.mjs';
import { openvinoVersion, projectRoot, runtimeFolder } from './project.mjs';
import { contentsHash } from './runtime-package.mjs';
import { withScratchFolder } from './scratch-folder.mjs';
import { unpackWheel } from './unpack-wheel.mjs';

const help = `Usage: node scripts/pin-wheels.mjs

After the version of OpenVINO in package.json has changed: downloads its wheel for every platform and writes
their hashes, those of what is taken from them, and sizes into scripts/openvino-wheels.mjs. If a platform's tag has changed, edit it there first.

  --help  show this text`;

const file = join(projectRoot, 'scripts/openvino-wheels.mjs');

await runScript(async () => {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } } });
  if (values.help) {
    say(help);
    return;
  }
  let text = replace(readFileSync(file, 'utf8'), /(pinnedVersion = ')[^']*/, openvinoVersion);
  for (const [platform, { tag }] of Object.entries(wheels)) {
    say(`Downloading the wheel for ${platform} …`);
    const { sha256, contents, bytes } = await withScratchFolder(runtimeFolder(platform), async (scratch) => {
      const wheel = await downloadWheel(openvinoVersion, tag, undefined, scratch);
      const unpacked = join(scratch, 'unpacked');
      await unpackWheel(wheel, unpacked);
      return {
        contents: contentsHash(unpacked),
        sha256: createHash('sha256').update(readFileSync(wheel)).digest('hex'),
        bytes: statSync(wheel).size,
      };
    });
    text = replace(text, new RegExp(`('${platform}': {[^}]*sha256: ')[^']*`), sha256);
    text = replace(text, new RegExp(`('${platform}': {[^}]*contents: ')[^']*`), contents);
    text = replace(text, new RegExp(`('${platform}': {[^}]*bytes: )\\d+`), String(bytes));
  }
  writeFileSync(file, text);
  say(`Wrote ${file}`);
});

/**
 * @param {string} text
 * @param {RegExp} pattern its first group is kept
 * @param {string} value
 */
function replace(text, pattern, value) {
  if (!pattern.test(text)) throw new ScriptError(`${file} does not contain ${pattern}.`);
  return text.replace(pattern, (_, kept) => kept + value);
}
