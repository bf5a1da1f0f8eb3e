import { Option } from 'commander';

import type { DownloadProgress } from '../hub/index.js';
import { TimeLeft, type ProgressState } from './progress-text.js';

/** There is none for the token: every process on the machine can read command lines. */
export function revisionOption(): Option {
  return new Option('--revision <name>', 'branch, tag or commit of a model on the hub (default: main)');
}

/** Turns download events into lines of progress, with the time left. */
export function downloadStates(): (progress: DownloadProgress) => ProgressState {
  const timeLeft = new TimeLeft();
  return ({ file, bytes, totalBytes, filesDone, files }) => ({
    label: 'Downloading',
    activity: 'downloading',
    done: bytes,
    total: totalBytes,
    unit: 'bytes',
    detail: `${filesDone}/${files} files, ${file}`,
    secondsLeft: timeLeft.estimate(bytes, totalBytes),
  });
}
