import { expect, it } from 'vitest';

import { RuntimeNotFoundError } from '../../../lib/common/errors.js';
import { permissionError } from '../../../lib/runtime/loading/permission.js';

const thrown = (message: string, fields: object) => Object.assign(new Error(message), fields);

it.each([
  ['--allow-addons', thrown('Cannot load native addon', { code: 'ERR_DLOPEN_DISABLED' })],
  [
    '--allow-fs-read=*',
    thrown('Access to this API has been restricted', {
      code: 'ERR_ACCESS_DENIED',
      permission: 'FileSystemRead',
      resource: '/app/runtime',
    }),
  ],
  ['--allow-ffi', thrown('Requires ffi access', { name: 'NotCapable' })],
])('a refusal names %s and keeps its cause', (flag, cause) => {
  const error = permissionError(cause);
  expect(error).toBeInstanceOf(RuntimeNotFoundError);
  expect(error).toMatchObject({ code: 'PERMISSION_DENIED', cause });
  expect(error?.message).toContain(flag);
});

it('other failures are no refusals', () => {
  expect(permissionError(thrown('no such file', { code: 'ENOENT' }))).toBeUndefined();
  expect(permissionError('text')).toBeUndefined();
});
