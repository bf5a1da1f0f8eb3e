import { homedir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { hubCacheDir, hubEndpoint, isOffline, idleTimeoutMs } from '../../../lib/hub/environment.js';

const NAMES = [
  'HF_HOME',
  'HF_HUB_CACHE',
  'HUGGINGFACE_HUB_CACHE',
  'XDG_CACHE_HOME',
  'HF_ENDPOINT',
  'HF_HUB_OFFLINE',
  'TRANSFORMERS_OFFLINE',
  'HF_HUB_DOWNLOAD_TIMEOUT',
];

beforeEach(() => {
  for (const name of NAMES) vi.stubEnv(name, '');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

// Each place as huggingface_hub.constants.HF_HUB_CACHE has it.
describe('the cache', () => {
  it.each<[string, Record<string, string>, string]>([
    ['nothing', {}, join(homedir(), '.cache/huggingface/hub')],
    ['XDG_CACHE_HOME', { XDG_CACHE_HOME: '/x' }, '/x/huggingface/hub'],
    ['HF_HOME', { HF_HOME: '/h', XDG_CACHE_HOME: '/x' }, '/h/hub'],
    ['HUGGINGFACE_HUB_CACHE', { HUGGINGFACE_HUB_CACHE: '/old', HF_HOME: '/h' }, '/old'],
    ['HF_HUB_CACHE', { HF_HUB_CACHE: '/c', HUGGINGFACE_HUB_CACHE: '/old', HF_HOME: '/h' }, '/c'],
    ['a home', { HF_HOME: '~/h' }, join(homedir(), 'h/hub')],
    [
      'other variables',
      { HF_HUB_CACHE: '${XDG_CACHE_HOME}/c/$UNSET_HERE', XDG_CACHE_HOME: '/x' },
      '/x/c/$UNSET_HERE',
    ],
  ])('follows %s', (_, variables, expected) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    expect(hubCacheDir()).toBe(expected);
  });
});

describe('the hub', () => {
  it.each([
    ['', 'https://huggingface.co'],
    ['http://mirror:8080/hf/', 'http://mirror:8080/hf'],
  ])('is where HF_ENDPOINT says (%s)', (value, expected) => {
    vi.stubEnv('HF_ENDPOINT', value);
    expect(hubEndpoint()).toBe(expected);
  });

  it.each([
    ['HF_HUB_OFFLINE', '1', true],
    ['HF_HUB_OFFLINE', 'true', true],
    ['HF_HUB_OFFLINE', 'Yes', true],
    ['HF_HUB_OFFLINE', 'on', true],
    ['TRANSFORMERS_OFFLINE', '1', true],
    ['HF_HUB_OFFLINE', '0', false],
    ['HF_HUB_OFFLINE', '', false],
  ])('is left alone with %s=%s: %s', (name, value, expected) => {
    vi.stubEnv(name, value);
    expect(isOffline()).toBe(expected);
  });

  it.each([
    ['', 10_000],
    ['60', 60_000],
    ['never', 10_000],
  ])('may be silent for HF_HUB_DOWNLOAD_TIMEOUT seconds (%s)', (value, expected) => {
    vi.stubEnv('HF_HUB_DOWNLOAD_TIMEOUT', value);
    expect(idleTimeoutMs()).toBe(expected);
  });
});
