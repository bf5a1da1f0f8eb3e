import { spawnSync } from 'node:child_process';

/** How a child process ended, and what it wrote. */
export interface Ended {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs JavaScript in a process of its own, from the project's folder. It is killed after `timeout` ms, which no code
 * that blocks the event loop can prevent.
 */
export function runModule(code: string, args: readonly string[] = [], timeout = 60_000): Ended {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', code, '--', ...args],
    { encoding: 'utf8', timeout, killSignal: 'SIGKILL', maxBuffer: 2 ** 24 },
  );
  return { status, signal, stdout, stderr };
}
