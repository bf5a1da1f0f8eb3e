import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

const main = join(import.meta.dirname, '../../dist/cli/main.js');

/** What a finished command leaves. */
export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

type StderrListener = (text: string, child: ChildProcess) => void;

export interface CliOptions {
  /** Added to this process's; `undefined` takes one out. */
  readonly env?: Record<string, string | undefined>;
  readonly cwd?: string;
  /** A program that runs the command, with its arguments, e.g. prlimit. */
  readonly through?: readonly string[];
  /** Called with everything stderr has so far, each time there is more. */
  readonly onStderr?: StderrListener;
  /** Called once the process runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs the built command line to its end. */
export async function cli(args: readonly string[], options: CliOptions = {}): Promise<Finished> {
  const { env = {}, cwd, through = [], onStderr, onStart } = options;
  const [program = '', ...rest] = [...through, process.execPath, main, ...args];
  const child = spawn(program, rest, { cwd, env: { ...process.env, ...env } });
  onStart?.(child);
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    onStderr?.(stderr, child);
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((closed, failed) => {
    child.once('error', failed).once('close', (...ending) => {
      closed(ending);
    });
  });
  return { code, signal, stdout: Buffer.concat(stdout), stderr };
}

/** An `onStderr` that sends a signal once, when stderr has these words. */
export function signalAt(words: RegExp, signal: NodeJS.Signals = 'SIGINT'): StderrListener {
  let isSent = false;
  return (text, child) => {
    if (isSent || !words.test(text)) return;
    isSent = true;
    child.kill(signal);
  };
}
