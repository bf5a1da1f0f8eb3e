import { z } from 'zod';

import { InvalidArgumentError } from '../common/errors.js';
import { parseOptions } from '../common/options.js';
import { isRevision } from './model-id.js';

/** Told as the files of a model arrive. */
export interface DownloadProgress {
  /** The file that came further, as a path in the repository. */
  file: string;
  /** Bytes of it that are there. */
  fileBytes: number;
  fileTotal: number;
  /** Bytes of all files that are there, with those from the cache. */
  bytes: number;
  totalBytes: number;
  filesDone: number;
  files: number;
}

/** Options of `snapshotDownload`. */
export interface SnapshotOptions {
  /** A branch, a tag or a commit. Default: 'main'. */
  revision?: string | undefined;
  /**
   * A token of the hub, or false for none. Default: that of `HF_TOKEN`, or of the file that `hf auth login` writes.
   */
  token?: string | false | undefined;
  /** Which weights are taken, e.g. 'fp16' for `*.fp16.safetensors`. Default: those without a variant. */
  variant?: string | undefined;
  /** Whether weights for an export are taken (true) or OpenVINO networks (false). Default: networks if there are any. */
  export?: boolean | undefined;
  /** Folder of the cache. Default: of `HF_HUB_CACHE` or `HF_HOME`, else ~/.cache/huggingface/hub. */
  hubCacheDir?: string | undefined;
  /** Ask the cache alone. Default: what `HF_HUB_OFFLINE` says, else false. */
  localFilesOnly?: boolean | undefined;
  /** Address of the hub. Default: that of `HF_ENDPOINT`, else https://huggingface.co. */
  endpoint?: string | undefined;
  /** Stops the download; what has arrived is kept for the next. */
  signal?: AbortSignal | undefined;
  /** Called as bytes arrive. */
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/** Schemas of those options that loading a pipeline has too. */
export const hubOptionSchemas = {
  revision: z.string().refine(isRevision).optional().describe('a branch, a tag or a commit'),
  token: z
    .union([z.string().regex(/^[\x21-\x7e]+$/), z.literal(false)])
    .optional()
    .describe('a token of the hub, or false'),
  hubCacheDir: z.string().min(1).optional().describe('a path'),
  localFilesOnly: z.boolean().optional().describe('a boolean'),
};

const schema = z.strictObject({
  ...hubOptionSchemas,
  variant: z
    .string()
    .regex(/^[\w-]+$/)
    .optional()
    .describe("a variant's name such as 'fp16'"),
  export: z.boolean().optional().describe('a boolean'),
  endpoint: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('an address such as https://huggingface.co'),
  signal: z
    .custom<AbortSignal>((value) => typeof value === 'object' && value !== null && 'aborted' in value)
    .optional()
    .describe('an AbortSignal'),
  onProgress: z
    .custom<(progress: DownloadProgress) => void>((value) => typeof value === 'function')
    .optional()
    .describe('a function'),
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
