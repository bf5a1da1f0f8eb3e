import { createRequire } from 'node:module';
import { join } from 'node:path';

import { afterEach, expect, it, vi } from 'vitest';

import { defaultModel } from '../../../lib/cli/default-model.js';

vi.mock('node:module', async (original) => {
  const { createRequire } = await original<typeof import('node:module')>();
  return { createRequire: vi.fn(createRequire) };
});

afterEach(() => {
  vi.clearAllMocks();
});

it('is the model in packages/shapes in a clone', () => {
  expect(defaultModel()).toBe(join(import.meta.dirname, '../../../packages/shapes'));
});

it('that is not installed is an error with the command that installs it', () => {
  const elsewhere = createRequire('/');
  vi.mocked(createRequire).mockReturnValueOnce(elsewhere);
  expect(defaultModel).toThrow(
    expect.objectContaining({
      code: 'MODEL_NOT_FOUND',
      message: expect.stringContaining('npm install @openvino-diffusers/shapes') as string,
    }) as Error,
  );
});
