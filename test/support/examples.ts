import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { shapesModel } from './shapes-model.js';

const folder = join(import.meta.dirname, '../../examples');

/** An example as its own process, with what it has written so far. */
export interface RunningExample {
  readonly process: ChildProcessWithoutNullStreams;
  /** What standard output has so far. */
  readonly output: () => string;
  /** Waits until the output matches; rejects with what was written when the process ends before. */
  readonly until: (pattern: RegExp) => Promise<RegExpExecArray>;
  /** Waits for the end; rejects with what was written when the exit code is not 0. */
  readonly ended: Promise<string>;
}

/** Starts an example in a folder, with the demo's model. */
export function startExample(path: string, args: readonly string[], cwd: string): RunningExample {
  const child = spawn(process.execPath, [join(folder, path), ...args], {
    cwd,
    env: { ...process.env, MODEL_DIR: shapesModel, PORT: '0' },
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));

  const ended = once(child, 'close').then(([code, signal]) => {
    if (code === 0) return output;
    throw new Error(`${path} ended with ${String(code ?? signal)}\n${output}\n${errors}`);
  });
  ended.catch(() => undefined);

  const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(output);
      if (match) return match;
      const isOver = await Promise.race([
        once(child.stdout, 'data').then(() => false),
        ended.then(() => true),
      ]);
      if (isOver && !pattern.test(output)) throw new Error(`${path} ended without ${pattern}:\n${output}`);
    }
  };
  return { process: child, output: () => output, until, ended };
}
