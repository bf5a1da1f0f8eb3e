import { z } from 'zod';

import { InvalidArgumentError } from '../common/errors.js';
import { callback, flag, path, signal } from '../common/fields.js';
import { optionsSchema, parseOptions } from '../common/options.js';
import { exportOptionFields } from '../models/index.js';
import { parseEndpoint } from './endpoint.js';
import { isRevision } from './model-id.js';
import { isToken } from './token.js';

/** Progress event of a download. */
export interface DownloadProgress {
  /** The file that progressed, as a path in the repository. */
  file: string;
  /** Bytes of this file that are there. */
  fileBytes: number;
  /** Size of this file in bytes. */
  fileTotal: number;
  /** Bytes of all files that are there, those from the cache included. */
  bytes: number;
  /** Size of all files in bytes. */
  totalBytes: number;
  /** Files that are complete. */
  filesDone: number;
  /** Number of files. */
  files: number;
}

/** Options of `snapshotDownload`. */
export interface SnapshotOptions {
  /** A branch, a tag or a commit. Default: 'main'. */
  revision?: string | undefined;
  /**
   * An access token of the hub, or false for none. Default: that of `HF_TOKEN`, or of the file `hf auth login` writes.
   */
  token?: string | false | undefined;
  /** Variant of the weights: 'fp16' downloads `*.fp16.safetensors`. Default: files without a variant. */
  variant?: string | undefined;
  /** Whether to download weights for an export (true) or OpenVINO networks (false). Default: networks if there are any. */
  export?: boolean | undefined;
  /** null: the safety checker is not downloaded (1.2 GB for Stable Diffusion 1.5). */
  safetyChecker?: null | undefined;
  /** Folder of the cache. Default: that of `HF_HUB_CACHE` or `HF_HOME`, else ~/.cache/huggingface/hub. */
  hubCacheDir?: string | undefined;
  /** Use only the cache. Default: `HF_HUB_OFFLINE`, else false. */
  localFilesOnly?: boolean | undefined;
  /** Address of the hub. Default: that of `HF_ENDPOINT`, else https://huggingface.co. */
  endpoint?: string | undefined;
  /** Aborts the download; what has arrived is kept for the next one. */
  signal?: AbortSignal | undefined;
  /** Called as bytes arrive. */
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/** Schemas of those options that loading a pipeline has too. */
export const hubOptionSchemas = {
  revision: z.string().refine(isRevision).describe('a branch, a tag or a commit').optional(),
  token: z
    .union([z.string().refine(isToken), z.literal(false)])
    .describe('a token of the hub, or false')
    .optional(),
  hubCacheDir: path.optional(),
  localFilesOnly: flag.optional(),
};

const schema = optionsSchema<SnapshotOptions>()({
  ...hubOptionSchemas,
  variant: exportOptionFields.variant,
  export: flag.optional(),
  safetyChecker: exportOptionFields.safetyChecker,
  endpoint: z
    .string()
    .refine((text) => parseEndpoint(text) !== undefined)
    .describe('an address such as https://huggingface.co')
    .optional(),
  signal: signal.optional(),
  onProgress: callback<(progress: DownloadProgress) => void>().optional(),
});

/** @throws InvalidArgumentError, which never quotes a token */
export function parseSnapshotOptions(options: SnapshotOptions): SnapshotOptions {
  requireToken((options as SnapshotOptions | null)?.token);
  return parseOptions(schema, options, 'snapshotDownload');
}

/** @throws InvalidArgumentError, which never quotes the token */
export function requireToken(token: unknown): void {
  if (hubOptionSchemas.token.safeParse(token).success) return;
  throw new InvalidArgumentError(
    'Expected a token of the hub, or false, for token; what was received is none',
  );
}
