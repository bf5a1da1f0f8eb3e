import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const close = vi.fn();
const loadAddon = vi.fn(() => ({
  exports: { close },
  addonPath: '/addon',
  runtime: { source: 'own copy', directory: '/lib' },
  tried: {
    addons: [],
    runtimes: [{ source: 'own copy', directory: '/lib', usable: true, outcome: 'usable', libraryPath: '/x' }],
  },
}));
vi.mock('../../../lib/runtime/loading/load-addon.js', () => ({ loadAddon }));

const exits = new Set(process.listeners('exit'));

beforeEach(() => {
  vi.resetModules();
  vi.clearAllMocks();
});

afterEach(() => {
  for (const listener of process.listeners('exit')) {
    if (!exits.has(listener)) process.removeListener('exit', listener);
  }
});

describe('the binding', () => {
  it('is loaded when it is first asked for, once, and closed when the process exits', async () => {
    const { binding } = await import('../../../lib/runtime/loading/load-binding.js');
    expect(loadAddon).not.toHaveBeenCalled();
    expect(binding()).toBe(binding());
    expect(loadAddon).toHaveBeenCalledTimes(1);
    const added = process.listeners('exit').filter((listener) => !exits.has(listener));
    expect(added).toHaveLength(1);
    added[0]!(0);
    expect(close).toHaveBeenCalledTimes(1);
  });
});

describe('the report', () => {
  it('says where everything was found, in plain data', async () => {
    const { loadReport } = await import('../../../lib/runtime/loading/load-report.js');
    expect(loadReport()).toEqual({
      ...{ addonPath: '/addon', source: 'own copy', directory: '/lib' },
      runtimes: [{ source: 'own copy', directory: '/lib', usable: true, outcome: 'usable' }],
    });
  });
});
