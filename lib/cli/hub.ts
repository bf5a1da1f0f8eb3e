import { Option } from 'commander';

import type { DownloadProgress } from '../hub/index.js';

/** There is none for the token: what stands on a command line, every process on the machine can read. */
export function revisionOption(): Option {
  return new Option('--revision <name>', 'branch, tag or commit of a model on the hub (default: main)');
}

/** One line on how far a download is. */
export function describeDownload(progress: DownloadProgress): string {
  const { file, bytes, totalBytes, filesDone, files } = progress;
  return `Downloading: ${file} (${filesDone}/${files} files, ${megabytes(bytes)} of ${megabytes(totalBytes)} MB)`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
