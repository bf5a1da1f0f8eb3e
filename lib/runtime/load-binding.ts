import type { Binding } from './binding.js';
import { loadAddon } from './load-addon.js';

/** The addon, typed; loaded on first use. */
export function binding(): Binding {
  return loadAddon().exports as Binding;
}
