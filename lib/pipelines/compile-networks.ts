import { raceAbort } from '../common/abort.js';
import type { CompileProgress } from './progress.js';

/** A network to compile, and how. */
export interface CompileStep {
  readonly component: CompileProgress['component'];
  readonly compile: () => Promise<void>;
}

/**
 * Compiles networks one after another: each compilation uses every core, and memory peaks at one network.
 *
 * @throws InferenceError; the signal's reason, also within a compilation, which then goes on by itself
 */
export async function compileNetworks(
  steps: readonly CompileStep[],
  onProgress: (progress: CompileProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const [place, { component, compile }] of steps.entries()) {
    await raceAbort(compile(), signal);
    onProgress({ phase: 'compile', component, done: place + 1, total: steps.length });
    signal.throwIfAborted();
  }
}
