import { types } from 'node:util';

import {
  DisposedError,
  InferenceError,
  InvalidArgumentError,
  ModelLoadError,
  OpenVINODiffusersError,
  SaveError,
  ShapeMismatchError,
} from '../common/errors.js';
import { deviceAdvice } from './loading/device-advice.js';

/** OpenVINO prefixes messages with its source locations; the lines without them say what is wrong. */
function shortMessage(message: string): string {
  const lines = message
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(Exception from |Check '.*' failed at )/.test(line));
  return lines.length > 0 ? lines.join(' ') : message.trim();
}

/**
 * The typed error for one that the addon threw, whose whole text stays in `cause`; errors that are ours already pass
 * unchanged.
 */
export function fromNative(thrown: unknown): unknown {
  // Not `instanceof Error`: the addon's errors are of the realm that loaded it, which in Jest is another.
  if (thrown instanceof OpenVINODiffusersError || !types.isNativeError(thrown)) return thrown;
  const cause = thrown as Error & { code?: string };
  const message = shortMessage(cause.message);
  // V8's own check of `this`, before the addon's.
  if (cause.name === 'TypeError' && message === 'Illegal invocation') {
    return new InvalidArgumentError('Expected another kind of native object', { cause });
  }
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
    case 'OPENVINO': {
      const advice = deviceAdvice(cause.message);
      return new InferenceError(cause.code, advice === undefined ? message : `${message}\n${advice}`, {
        cause,
      });
    }
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
