import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { pipelineLayoutOf } from '../../../lib/models/index.js';
import {
  correctSchedulerFile,
  DDIMScheduler,
  schedulerFromPretrained,
} from '../../../lib/schedulers/index.js';

const work = mkdtempSync(join(tmpdir(), 'inherited-names-'));

afterAll(() => {
  rmSync(work, { recursive: true });
});

/** What every object has in JavaScript is in none of the tables that files are looked up in. */
describe.each(Object.getOwnPropertyNames(Object.prototype))('%s, as a name in a file,', (name) => {
  it('is no key of a scheduler', async () => {
    const text = `{"_class_name":"DDIMScheduler","${name}":"constructor"}`;
    writeFileSync(join(work, 'scheduler_config.json'), text);
    await expect(schedulerFromPretrained(work)).resolves.toBeInstanceOf(DDIMScheduler);
  });

  it('is no pipeline, and corrects no scheduler', () => {
    expect(() => pipelineLayoutOf({ _class_name: name }, 'a folder')).toThrow(
      expect.objectContaining({ name: 'ModelLoadError', code: 'UNSUPPORTED' }),
    );
    expect(correctSchedulerFile({ _class_name: 'IPNDMScheduler', steps_offset: 0 }, name, 'a file')).toEqual({
      _class_name: 'IPNDMScheduler',
      steps_offset: 0,
    });
  });
});
