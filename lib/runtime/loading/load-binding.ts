import type { Binding } from '../binding.js';
import { loadAddon } from './load-addon.js';

let loaded: Binding | undefined;

/** The addon, typed; loaded on first use. */
export function binding(): Binding {
  if (loaded) return loaded;
  const addon = loadAddon().exports as Binding;
  // process.exit takes OpenVINO's libraries down under the threads that run in them, so those must end first.
  process.once('exit', () => {
    addon.close();
  });
  return (loaded = addon);
}
