/* eslint @typescript-eslint/no-useless-constructor: off -- they narrow the codes a class may have */

/**
 * Stable codes, one per kind of failure. Code that reacts to an error should compare `error.code`; messages may
 * be reworded in any release, codes only in a major one.
 */
export type ErrorCode =
  | 'INVALID_ARGUMENT'
  | 'UNKNOWN_OPTION'
  | 'SHAPE_MISMATCH'
  | 'MODEL_NOT_FOUND'
  | 'MODEL_CORRUPT'
  | 'CONFIG_INVALID'
  | 'UNSUPPORTED'
  | 'INCOMPATIBLE_COMPONENTS'
  | 'ADDON_NOT_FOUND'
  | 'RUNTIME_NOT_FOUND'
  | 'PERMISSION_DENIED'
  | 'OPENVINO'
  | 'OUT_OF_MEMORY'
  | 'NUMERICS'
  | 'BUSY'
  | 'CANCELLED'
  | 'DISPOSED'
  | 'SAVE_FAILED'
  | 'HUB_UNREACHABLE'
  | 'HUB_UNAUTHORIZED'
  | 'HUB_NOT_FOUND'
  | 'HUB_RATE_LIMITED'
  | 'HUB_CORRUPT'
  | 'HUB_OFFLINE';

/** On the errors of every copy of this package: ESM and CommonJS load two into one process. */
const BRAND = Symbol.for('openvino-diffusers.error');

/**
 * The base of every error that this package throws.
 *
 * @example
 * ```ts
 * try {
 *   await OVStableDiffusionPipeline.fromPretrained(folder);
 * } catch (error) {
 *   if (error instanceof OpenVINODiffusersError && error.code === 'MODEL_NOT_FOUND') askForAnother();
 *   else throw error;
 * }
 * ```
 */
export class OpenVINODiffusersError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  static {
    this.prototype.name = 'OpenVINODiffusersError';
    Object.defineProperty(this.prototype, BRAND, { value: true });
  }

  /** Also true for errors of the same class of another copy of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
    if (typeof value !== 'object' || value === null || !(BRAND in value)) return false;
    // A class that others have derived has no name of its own, and no copies.
    const { prototype } = this as { prototype: object };
    return Object.hasOwn(prototype, 'name') && prototypeNames(value).includes((prototype as Error).name);
  }
}

/** The names of an error's class and of those it is derived from. */
function prototypeNames(error: object): string[] {
  const names: string[] = [];
  for (let own = prototypeOf(error); own; own = prototypeOf(own)) {
    if (Object.hasOwn(own, 'name')) names.push((own as Error).name);
  }
  return names;
}

const prototypeOf = (object: object): object | null => Object.getPrototypeOf(object) as object | null;

/**
 * A value the caller passed is of the wrong type, out of range or unknown.
 *
 * @example
 * ```ts
 * if (error instanceof InvalidArgumentError) response.writeHead(400).end(error.message);
 * ```
 */
export class InvalidArgumentError extends OpenVINODiffusersError {
  constructor(message: string, options?: ErrorOptions & { code?: 'INVALID_ARGUMENT' | 'UNKNOWN_OPTION' }) {
    super(options?.code ?? 'INVALID_ARGUMENT', message, options);
  }

  static {
    this.prototype.name = 'InvalidArgumentError';
  }
}

/**
 * A tensor's shape, or an image's size, does not fit the model.
 *
 * @example
 * ```ts
 * // With strictShapes, sizes other than the reshaped one are refused.
 * if (error instanceof ShapeMismatchError) response.writeHead(400).end(error.message);
 * ```
 */
export class ShapeMismatchError extends OpenVINODiffusersError {
  constructor(message: string, options?: ErrorOptions) {
    super('SHAPE_MISMATCH', message, options);
  }

  static {
    this.prototype.name = 'ShapeMismatchError';
  }
}

/**
 * A model folder or one of its files is missing, broken, or not of a kind this package can run.
 *
 * @example
 * ```ts
 * if (error instanceof ModelLoadError && error.code === 'UNSUPPORTED') console.error(error.message);
 * ```
 */
export class ModelLoadError extends OpenVINODiffusersError {
  constructor(
    code: 'MODEL_NOT_FOUND' | 'MODEL_CORRUPT' | 'CONFIG_INVALID' | 'UNSUPPORTED' | 'INCOMPATIBLE_COMPONENTS',
    message: string,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
  }

  static {
    this.prototype.name = 'ModelLoadError';
  }
}

/**
 * The native addon or the OpenVINO runtime could not be loaded; the message lists every place that was tried. With
 * `PERMISSION_DENIED`, Node's or Deno's permissions forbid it; with `UNSUPPORTED`, it would end the process.
 *
 * @example
 * ```ts
 * if (error instanceof RuntimeNotFoundError) console.error(`Image generation is not available: ${error.message}`);
 * ```
 */
export class RuntimeNotFoundError extends OpenVINODiffusersError {
  constructor(
    code: 'ADDON_NOT_FOUND' | 'RUNTIME_NOT_FOUND' | 'PERMISSION_DENIED' | 'UNSUPPORTED',
    message: string,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
  }

  static {
    this.prototype.name = 'RuntimeNotFoundError';
  }
}

/**
 * An inference failed: OpenVINO refused it (`cause` is the native error with its full text), or it gave NaN (`NUMERICS`).
 *
 * @example
 * ```ts
 * if (error instanceof InferenceError && error.code === 'OUT_OF_MEMORY') retryWithSmallerSize();
 * ```
 */
export class InferenceError extends OpenVINODiffusersError {
  constructor(
    code: 'OPENVINO' | 'OUT_OF_MEMORY' | 'NUMERICS' | 'BUSY' | 'CANCELLED',
    message: string,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
  }

  static {
    this.prototype.name = 'InferenceError';
  }
}

/**
 * The object was disposed and cannot be used any more.
 *
 * @example
 * ```ts
 * // generate() of a pipeline that is disposed while it runs
 * if (error instanceof DisposedError) return;
 * ```
 */
export class DisposedError extends OpenVINODiffusersError {
  constructor(what: string, options?: ErrorOptions) {
    super('DISPOSED', `${what} was disposed and cannot be used any more.`, options);
  }

  static {
    this.prototype.name = 'DisposedError';
  }
}

/**
 * An image or a model could not be written to disk; nothing incomplete is left behind.
 *
 * @example
 * ```ts
 * if (error instanceof SaveError) await image.toFile(join(tmpdir(), 'image.png'));
 * ```
 */
export class SaveError extends OpenVINODiffusersError {
  constructor(message: string, options?: ErrorOptions) {
    super('SAVE_FAILED', message, options);
  }

  static {
    this.prototype.name = 'SaveError';
  }
}

/**
 * A model could not be downloaded from the hub; what was downloaded so far is kept, and a later call resumes there.
 *
 * @example
 * ```ts
 * if (error instanceof HubError && error.missing === 'revision') await snapshotDownload(id);
 * ```
 */
export class HubError extends OpenVINODiffusersError {
  declare readonly code: Extract<ErrorCode, `HUB_${string}`>;
  /** With `HUB_NOT_FOUND`: what is not there. */
  readonly missing: 'repository' | 'revision' | 'file' | undefined;

  constructor(
    code: Extract<ErrorCode, `HUB_${string}`>,
    message: string,
    options?: ErrorOptions & { missing?: 'repository' | 'revision' | 'file' | undefined },
  ) {
    super(code, message, options);
    this.missing = options?.missing;
  }

  static {
    this.prototype.name = 'HubError';
  }
}
