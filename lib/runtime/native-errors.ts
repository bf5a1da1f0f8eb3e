import {
  DisposedError,
  InferenceError,
  InvalidArgumentError,
  ModelLoadError,
  OpenVINODiffusersError,
  SaveError,
  ShapeMismatchError,
} from '../common/errors.js';

/**
 * OpenVINO's messages lead through the C++ files they came by. The reader wants the last lines, which say what is
 * wrong; the whole text stays in `cause`.
 */
function essence(message: string): string {
  const telling = message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(Exception from |Check '.*' failed at )/.test(line));
  return telling.length > 0 ? telling.join(' ') : message.trim();
}

/** The typed error for one that the addon threw; errors that are ours already pass unchanged. */
export function fromNative(thrown: unknown): unknown {
  if (thrown instanceof OpenVINODiffusersError || !(thrown instanceof Error)) return thrown;
  const cause = thrown as Error & { code?: string };
  const message = essence(cause.message);
  switch (cause.code) {
    case 'INVALID_ARGUMENT':
      return new InvalidArgumentError(message, { cause });
    case 'SHAPE_MISMATCH':
      return new ShapeMismatchError(message, { cause });
    case 'MODEL_NOT_FOUND':
    case 'MODEL_CORRUPT':
    case 'UNSUPPORTED':
      return new ModelLoadError(cause.code, message, { cause });
    case 'SAVE_FAILED':
      return new SaveError(message, { cause });
    case 'DISPOSED':
      return new DisposedError(message.replace(/ was disposed$/, ''), { cause });
    case 'OPENVINO':
    case 'OUT_OF_MEMORY':
    case 'BUSY':
    case 'CANCELLED':
      return new InferenceError(cause.code, message, { cause });
    default:
      return thrown;
  }
}

/** Runs a synchronous native call; what it throws becomes a typed error with the caller's stack. */
export function native<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    throw fromNative(thrown);
  }
}

/** Awaits a native call; the typed error is made after the await, so that its stack names the callers. */
export async function nativeAsync<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    throw fromNative(thrown);
  }
}
