import type { ModelIndex, NetworkName, TokenizerName } from './layout.js';
import { ModelLoadError } from '../common/errors.js';
import type { GenerationDefaults } from './generation-defaults.js';
import type { NetworkSource } from './network-source.js';
import type { TokenizerSource } from './tokenizer-source.js';

/**
 * A model as found on disk, in whichever layout: its index, and where its parts come from. Networks are read or built
 * only when a component opens them.
 */
export interface PretrainedModel {
  /** What the caller called it: an id, or its path. */
  readonly name: string;
  /** Of its folder, or of its checkpoint. */
  readonly path: string;
  /** What model_index.json says. */
  readonly index: ModelIndex;
  readonly networks: readonly NetworkSource[];
  readonly tokenizers: Readonly<Partial<Record<TokenizerName, TokenizerSource>>>;
  /**
   * What scheduler_config.json says.
   *
   * @throws ModelLoadError `MODEL_NOT_FOUND`, `CONFIG_INVALID`
   */
  schedulerConfig(): Promise<Readonly<Record<string, unknown>>>;
  /** What it generates with where options say nothing, if it is a few-step model or was saved with defaults. */
  readonly generationDefaults?: GenerationDefaults | undefined;
  /** How its weights were converted while networks are built; undefined for networks read from OpenVINO IR. */
  readonly export: { readonly weightFormat: string; readonly clipSkip: number } | undefined;
}

/** A model's network by its name, or undefined where it has none. */
export function findNetwork(model: PretrainedModel, name: NetworkName): NetworkSource | undefined {
  return model.networks.find((network) => network.name === name);
}

/** @throws ModelLoadError `CONFIG_INVALID` where the model has no such network */
export function requireNetwork(model: PretrainedModel, name: NetworkName): NetworkSource {
  const found = findNetwork(model, name);
  if (found) return found;
  throw new ModelLoadError(
    'CONFIG_INVALID',
    `Expected the model_index.json of ${model.path} to name a ${name}`,
  );
}
