/** Command: gives the library changed files and odd calls, in processes of their own, and counts what goes wrong. */
import { parseArgs } from 'node:util';

import { runScript, say, ScriptError } from '../../scripts/console.mjs';
import { bundleFuzz, describeInput, fuzz, FUZZ_TARGETS } from './driver.mjs';
import { fuzzEndings } from './endings.mjs';

const help = `Usage: npm run fuzz -- [--target NAME …] [--runs N] [--seed S] [--only N] [--timeout SECONDS]

Tries inputs near to good ones in child processes and reports crashes, hangs, errors that are not this package's, and
growth beyond 400 MB. Ends with 1 if there were any.

  --target NAME  one of ${FUZZ_TARGETS.join(', ')},
                 or endings: processes and workers ended at random moments. Default: all but endings
  --runs N       inputs in all, shared among the targets. Default: 10000; with endings, rounds of each kind: 300
  --seed S       whole number that the inputs are made from. Default: 1
  --only N       only this one input, which is printed first
  --timeout S    seconds after which an input hangs. Default: 60
  --help         show this text`;

await runScript(async () => {
  const { values } = parseArgs({
    options: {
      target: { type: 'string', multiple: true },
      runs: { type: 'string' },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      timeout: { type: 'string', default: '60' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return say(help);
  const names = values.target ?? [...FUZZ_TARGETS];
  const unknown = names.find((name) => name !== 'endings' && !FUZZ_TARGETS.includes(name));
  if (unknown !== undefined) throw new ScriptError(`There is no target ${unknown}.\n\n${help}`);
  const seed = wholeNumber('seed', values.seed);
  const timeout = wholeNumber('timeout', values.timeout) * 1000;

  let faults = 0;
  if (names.includes('endings')) {
    faults += await fuzzEndings({ rounds: wholeNumber('runs', values.runs ?? '300'), seed });
  }
  const targets = names.filter((name) => name !== 'endings');
  if (targets.length > 0) {
    await bundleFuzz();
    const runs = Math.ceil(wholeNumber('runs', values.runs ?? '10000') / targets.length);
    for (const target of targets) {
      if (values.only === undefined) {
        faults += await fuzz({ target, seed, from: 0, to: runs, timeout });
      } else {
        const only = wholeNumber('only', values.only);
        describeInput(target, seed, only);
        faults += await fuzz({ target, seed, from: only, to: only + 1, timeout });
      }
    }
  }
  if (faults > 0) throw new ScriptError(`${faults} faults.`);
});

/**
 * @param {string} name
 * @param {string} text
 */
function wholeNumber(name, text) {
  if (!/^\d+$/.test(text))
    throw new ScriptError(`Expected a whole number for --${name} but received ${text}.`);
  return Number(text);
}
