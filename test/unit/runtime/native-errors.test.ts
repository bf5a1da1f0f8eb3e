import { runInNewContext } from 'node:vm';

import { describe, expect, it } from 'vitest';

import { SaveError } from '../../../lib/common/errors.js';
import { fromNative, native, nativeAsync } from '../../../lib/runtime/native-errors.js';

const thrownBy = (code: string | undefined, message = 'text'): Error =>
  Object.assign(new Error(message), code === undefined ? {} : { code });

describe('an error of the addon', () => {
  it.each([
    ['INVALID_ARGUMENT', 'InvalidArgumentError'],
    ['SHAPE_MISMATCH', 'ShapeMismatchError'],
    ['MODEL_NOT_FOUND', 'ModelLoadError'],
    ['MODEL_CORRUPT', 'ModelLoadError'],
    ['UNSUPPORTED', 'ModelLoadError'],
    ['SAVE_FAILED', 'SaveError'],
    ['DISPOSED', 'DisposedError'],
    ['OPENVINO', 'InferenceError'],
    ['OUT_OF_MEMORY', 'InferenceError'],
    ['BUSY', 'InferenceError'],
    ['CANCELLED', 'InferenceError'],
  ])('with the code %s becomes a %s, and its cause', (code, name) => {
    const cause = thrownBy(code, 'The model was disposed');
    expect(fromNative(cause)).toMatchObject({ code, name, cause });
  });

  it('is recognised when it is of another realm', () => {
    const foreign = runInNewContext("Object.assign(new Error('x'), { code: 'BUSY' })") as unknown;
    expect(fromNative(foreign)).toMatchObject({ name: 'InferenceError', code: 'BUSY' });
  });

  it("loses OpenVINO's source locations, but not its words", () => {
    const message =
      "Exception from src/core.cpp:1:\nCheck 'a == b' failed at src/x.cpp:2:\nShapes differ\n  by one\n";
    expect(fromNative(thrownBy('OPENVINO', message))).toMatchObject({ message: 'Shapes differ by one' });
    expect(fromNative(thrownBy('OPENVINO', 'Exception from src/core.cpp:1:'))).toMatchObject({
      message: 'Exception from src/core.cpp:1:',
    });
  });

  it('of V8, for a method of another class, is an argument at fault', () => {
    expect(fromNative(new TypeError('Illegal invocation'))).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it.each([[new SaveError('x')], [thrownBy('ENOENT')], [thrownBy(undefined)], ['text'], [undefined]])(
    'passes unchanged when it is none: %s',
    (thrown) => {
      expect(fromNative(thrown)).toBe(thrown);
    },
  );

  it('is typed by synchronous and asynchronous calls alike', async () => {
    expect(native(() => 1)).toBe(1);
    expect(() =>
      native(() => {
        throw thrownBy('BUSY');
      }),
    ).toThrow(expect.objectContaining({ name: 'InferenceError' }));
    await expect(nativeAsync(() => Promise.reject(thrownBy('BUSY')))).rejects.toMatchObject({
      name: 'InferenceError',
    });
    await expect(nativeAsync(() => Promise.resolve(2))).resolves.toBe(2);
  });
});
