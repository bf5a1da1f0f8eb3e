import ora, { type Ora } from 'ora';

import { Interrupted } from './report.js';

/**
 * Work that takes a while: it shows how far it is, Ctrl-C calls it off through its signal, and the files it made are
 * printed at the end.
 */
export async function longWork(
  text: string,
  work: (spinner: Ora, signal: AbortSignal) => Promise<readonly string[]>,
): Promise<void> {
  const interrupt = new AbortController();
  const onInterrupt = (): void => {
    interrupt.abort(new Interrupted());
  };
  process.once('SIGINT', onInterrupt);
  const spinner = ora({ text, stream: process.stderr }).start();
  try {
    const files = await work(spinner, interrupt.signal);
    spinner.stop();
    for (const file of files) console.log(file);
  } catch (error) {
    spinner.fail();
    throw error;
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}
