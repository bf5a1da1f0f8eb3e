import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import {
  DPMSolverMultistepScheduler,
  EulerDiscreteScheduler,
  PNDMScheduler,
  schedulerFromPretrained,
} from '../../lib/index.js';
import { FakeHub, filesOf } from '../support/fake-hub.js';

const model = join(import.meta.dirname, '../fixtures/sd-tiny');

let hub: FakeHub;
let home: string;

beforeAll(async () => {
  hub = await FakeHub.start();
  hub.commit('org/model', 'org/model', await filesOf(model, /./), 'main');
  hub.commit('org/scheduler', 'org/scheduler', await filesOf(join(model, 'scheduler'), /./), 'main');
});

afterAll(async () => {
  await hub[Symbol.asyncDispose]();
});

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'scheduler-hub-'));
  for (const name of ['HF_TOKEN', 'HF_HUB_CACHE', 'HF_HUB_OFFLINE']) vi.stubEnv(name, '');
  vi.stubEnv('HF_HOME', home);
  vi.stubEnv('HF_ENDPOINT', hub.endpoint);
  hub.requests.length = 0;
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

describe('fromPretrained of a scheduler with the id of a model on the hub', () => {
  it.each([
    ['org/model', { subfolder: 'scheduler' }],
    ['org/model', {}],
    ['org/scheduler', {}],
  ])('downloads its file alone: %s %j', async (id, options) => {
    const scheduler = await DPMSolverMultistepScheduler.fromPretrained(id, options);
    expect(scheduler).toBeInstanceOf(DPMSolverMultistepScheduler);
    expect(scheduler.config).toEqual((await DPMSolverMultistepScheduler.fromPretrained(model)).config);
    expect(await schedulerFromPretrained(id, options)).toBeInstanceOf(PNDMScheduler);
    const files = hub.requests.map(({ path }) => path).filter((path) => path.includes('/resolve/'));
    expect(files.every((path) => path.endsWith('scheduler_config.json'))).toBe(true);
    expect(files.length).toBeGreaterThan(0);
  });

  it('takes it from the cache', async () => {
    await EulerDiscreteScheduler.fromPretrained('org/model');
    hub.requests.length = 0;
    const again = await EulerDiscreteScheduler.fromPretrained('org/model', { localFilesOnly: true });
    expect(hub.requests).toEqual([]);
    expect(again.config.betaStart).toBe(0.00085);
  });

  it.each([
    ['a repository without one there', 'org/model', { subfolder: 'unet' }, 'MODEL_NOT_FOUND'],
    ['a way out of the repository', 'org/model', { subfolder: '../scheduler' }, 'MODEL_NOT_FOUND'],
    ['a repository that is not there', 'org/none', {}, 'HUB_NOT_FOUND'],
    ['a revision that is not there', 'org/model', { revision: 'v9' }, 'HUB_NOT_FOUND'],
    ['no cache to take it from', 'org/model', { localFilesOnly: true }, 'HUB_OFFLINE'],
    ['an unknown option', 'org/model', { subFolder: 'scheduler' }, 'UNKNOWN_OPTION'],
    ['a subfolder that is no string', 'org/model', { subfolder: 1 }, 'INVALID_ARGUMENT'],
    ['no id', '', {}, 'INVALID_ARGUMENT'],
  ])('is a typed error for %s', async (_, id, options, code) => {
    await expect(EulerDiscreteScheduler.fromPretrained(id, options as never)).rejects.toMatchObject({ code });
  });
});
