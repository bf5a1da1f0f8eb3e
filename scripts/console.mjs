/** How the scripts speak: a line for every step, an error without a stack when the reader can act on it. */

/** A failure the reader can do something about; the message says what. */
export class ScriptError extends Error {}

/** @param {string} line */
export function say(line) {
  console.log(line);
}

/**
 * Shows how far a step has come: one line that is rewritten on a terminal, a plain line per quarter elsewhere.
 *
 * @param {string} label
 * @returns {(fraction: number) => void}
 */
export function progress(label) {
  let shown = -1;
  return (fraction) => {
    const percent = Math.floor(fraction * 100);
    const step = process.stdout.isTTY ? percent : percent - (percent % 25);
    if (step <= shown) return;
    shown = step;
    if (process.stdout.isTTY) process.stdout.write(`\r${label}: ${step} %${step === 100 ? '\n' : ''}`);
    else if (step > 0) console.log(`${label}: ${step} %`);
  };
}

/** @param {number} bytes */
export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/**
 * Runs a script's main function and turns its failure into a message and exit code 1.
 *
 * @param {() => unknown} main
 */
export async function runScript(main) {
  try {
    await main();
  } catch (error) {
    console.error(`\nError: ${describe(error)}`);
    process.exitCode = 1;
  }
}

/** @param {unknown} error */
function describe(error) {
  if (!(error instanceof Error)) return String(error);
  const isMisspelt = 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  if (isMisspelt) return `${error.message} (--help shows what there is)`;
  return error instanceof ScriptError ? error.message : error.stack;
}
