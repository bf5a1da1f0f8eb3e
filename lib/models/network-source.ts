import type { Model } from '../runtime/index.js';
import type { NetworkName } from './layout.js';
import type { HeldFiles } from './weights/held-files.js';

/** Where one network of a model comes from: files in OpenVINO's layout, or weights it is built over. */
export interface NetworkSource {
  readonly name: NetworkName;
  /** The file or folder, for messages. */
  readonly path: string;
  /** The model's folder or checkpoint that its files are in. */
  readonly root: string;
  /** What its config.json says. */
  readonly config: Readonly<Record<string, unknown>>;
  /**
   * What the network stays mapped from while it is used.
   *
   * @internal
   */
  readonly files: HeldFiles;
  /**
   * Reads or builds the network. Its weights stay mapped from their files.
   *
   * @throws ModelLoadError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`
   * @throws SaveError when there is no room for converted weights
   */
  open(): Promise<Model>;
  /**
   * Writes the network in OpenVINO's layout.
   *
   * @param folder - is created; not there yet
   * @param target - what the caller asked to write, for messages
   * @throws SaveError, ModelLoadError
   */
  save(folder: string, target: string): Promise<void>;
}
