import { describe, expect, it, vi } from 'vitest';

import { TextEncoder, UNet, VaeDecoder, VaeEncoder } from '../../../lib/components/index.js';
import { loadComponents } from '../../../lib/pipelines/load-components.js';
import type { ComponentProgress } from '../../../lib/pipelines/index.js';
import { ClipTokenizer } from '../../../lib/tokenizer/index.js';
import {
  fakeModel,
  fakeNetworks,
  fakeSettings,
  unetNetwork,
  unetPorts,
} from '../../support/fake-components.js';
import { port } from '../../support/fake-network.js';
import { isFreed } from '../../support/fake-pipeline.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

const enough = new Error('enough');

describe('loading components', () => {
  it('reads all, of one queue and in order, and compiles nothing', async () => {
    const networks = fakeNetworks();
    const model = fakeModel(networks);
    const events: ComponentProgress[] = [];
    const settings = fakeSettings();
    const components = await loadComponents(model, settings, { onProgress: (event) => events.push(event) });
    expect(components.tokenizer).toBeInstanceOf(ClipTokenizer);
    expect(components.textEncoder).toBeInstanceOf(TextEncoder);
    expect(components.unet).toBeInstanceOf(UNet);
    expect(components.vaeDecoder).toBeInstanceOf(VaeDecoder);
    expect(components.vaeEncoder).toBeInstanceOf(VaeEncoder);
    expect(components.model).toBe(model);
    expect(components.unet.queue).toBe(settings.queue);
    expect(events.map(({ phase, component, done, total }) => [phase, component, done, total])).toEqual([
      ['read', 'tokenizer', 1, 5],
      ['read', 'text_encoder', 2, 5],
      ['read', 'unet', 3, 5],
      ['read', 'vae_decoder', 4, 5],
      ['read', 'vae_encoder', 5, 5],
    ]);
    expect(Object.values(networks).flatMap(({ compilations }) => compilations)).toEqual([]);
  });

  it('does without a VAE encoder', async () => {
    const { text_encoder, unet, vae_decoder } = fakeNetworks();
    const networks = { text_encoder, unet, vae_decoder };
    const { vaeEncoder } = await loadComponents(fakeModel(networks), fakeSettings(), {});
    expect(vaeEncoder).toBeUndefined();
  });

  it.each(['text_encoder', 'unet', 'vae_decoder'] as const)(
    'fails without a %s, and frees what was read',
    async (name) => {
      const networks = fakeNetworks();
      const { networks: sources, ...model } = fakeModel(networks);
      const rest = sources.filter((source) => source.name !== name);
      await expect(loadComponents({ ...model, networks: rest }, fakeSettings(), {})).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(name) as string,
      });
      expect(isFreed(networks)).toBe(true);
    },
  );

  it('fails without a tokenizer before anything is read', async () => {
    const networks = fakeNetworks();
    const open = vi.fn();
    const { networks: sources, ...model } = fakeModel(networks, { tokenizers: {} });
    const loading = loadComponents(
      { ...model, networks: sources.map((source) => ({ ...source, open })) },
      fakeSettings(),
      {},
    );
    await expect(loading).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: '/models/fake has no tokenizer',
    });
    expect(open).not.toHaveBeenCalled();
  });

  it('frees what was read when a later network is unfit', async () => {
    const ports = unetPorts({ extra: port('class_labels', [-1], 'i64') });
    const networks = { ...fakeNetworks(), unet: unetNetwork(undefined, ports) };
    const loading = loadComponents(fakeModel(networks), fakeSettings(), {});
    await expect(loading).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    expect(isFreed(networks)).toBe(true);
  });

  it.each(['unet', 'vae_encoder'])(
    'frees all that was read when onProgress throws at the %s',
    async (last) => {
      const networks = fakeNetworks();
      const onProgress = ({ component }: ComponentProgress) => {
        if (component === last) throw enough;
      };
      await expect(loadComponents(fakeModel(networks), fakeSettings(), { onProgress })).rejects.toBe(enough);
      expect(isFreed(networks)).toBe(true);
    },
  );

  it('stops between two components when it is aborted, and frees what was read', async () => {
    const networks = fakeNetworks();
    const controller = new AbortController();
    const components: string[] = [];
    const loading = loadComponents(fakeModel(networks), fakeSettings(), {
      signal: controller.signal,
      onProgress: ({ component }) => {
        components.push(component);
        if (component === 'unet') controller.abort(enough);
      },
    });
    await expect(loading).rejects.toBe(enough);
    expect(components).toEqual(['tokenizer', 'text_encoder', 'unet']);
    expect(isFreed(networks)).toBe(true);
  });
});
