import { RuntimeNotFoundError } from '../../common/errors.js';

/**
 * The refusals of Node's permission model (`--permission`, in Node 20 `--experimental-permission`) and of Deno's.
 *
 * @returns undefined for any other failure
 * @see https://nodejs.org/api/permissions.html
 */
export function permissionError(error: unknown): RuntimeNotFoundError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, permission, resource } = error as Error &
    Partial<Record<'code' | 'permission' | 'resource', string>>;
  if (code === 'ERR_DLOPEN_DISABLED') {
    return denied('loading native addons', 'Start Node with --allow-addons, and without --no-addons.', error);
  }
  if (code === 'ERR_ACCESS_DENIED') {
    const flag = FLAGS[permission ?? ''] ?? 'the flag that error.cause names';
    const what = [permission ?? 'access', resource].filter(Boolean).join(' of ');
    return denied(what, `Start Node with ${flag}. Needed are ${NODE_FLAGS}.`, error);
  }
  if (error.name === 'NotCapable') {
    return denied(
      error.message,
      'Start Deno with --allow-read --allow-env --allow-sys --allow-ffi, or with -A.',
      error,
    );
  }
  return undefined;
}

/** What loading and generating need; writing files, `--allow-fs-write` for their folder as well. */
const NODE_FLAGS = '--allow-addons and --allow-fs-read=*';

/** Node's name of a permission, and what grants it. */
const FLAGS: Readonly<Record<string, string>> = {
  FileSystemRead: '--allow-fs-read=*',
  FileSystemWrite: '--allow-fs-write=<folder>',
  ChildProcess: '--allow-child-process',
  WorkerThreads: '--allow-worker',
};

function denied(what: string, remedy: string, cause: Error): RuntimeNotFoundError {
  return new RuntimeNotFoundError(
    'PERMISSION_DENIED',
    `The native addon of openvino-diffusers could not be loaded for want of a permission: ${what}. ${remedy}`,
    { cause },
  );
}
