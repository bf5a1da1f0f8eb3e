import type { CompileSettings } from '../../lib/components/index.js';
import {
  OVStableDiffusionPipeline,
  type PipelineInit,
  type StableDiffusionComponents,
} from '../../lib/pipelines/index.js';
import { DDIMScheduler, type Scheduler } from '../../lib/schedulers/index.js';
import {
  fakeComponents,
  fakeModel,
  fakeNetworks,
  fakeSettings,
  type FakeNetworks,
} from './fake-components.js';

export interface FakePipeline {
  readonly pipeline: OVStableDiffusionPipeline;
  readonly networks: FakeNetworks;
  readonly components: StableDiffusionComponents;
}

interface FakePipelineOptions extends PipelineInit {
  readonly networks?: Partial<FakeNetworks>;
  readonly settings?: Partial<CompileSettings>;
  readonly scheduler?: Scheduler;
}

/** A text-to-image pipeline over fake networks. */
export async function fakePipeline(options: FakePipelineOptions = {}): Promise<FakePipeline> {
  const { networks: own, settings, scheduler = new DDIMScheduler(), ...init } = options;
  const networks = { ...fakeNetworks(), ...own };
  const components = await fakeComponents(networks, fakeSettings(settings), fakeModel(networks));
  return { pipeline: new OVStableDiffusionPipeline(components, scheduler, init), networks, components };
}

/** Whether nothing of a pipeline's networks is left. */
export function isFreed(networks: Partial<FakeNetworks>): boolean {
  return Object.values(networks).every((network) => network.isFreed);
}
