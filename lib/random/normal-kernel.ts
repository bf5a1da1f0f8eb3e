import { MersenneTwister } from './mersenne-twister.js';
import { boxMuller } from './vector-math.js';

/** Elements that one round of the vectorised Box–Muller transform makes. */
export const BLOCK = 16;

/**
 * Fills `out`, of 16 elements or more, with the next standard-normal numbers of torch's CPU generator.
 *
 * @param state - the 624 words of the Mersenne Twister and the index of the next one; is advanced
 */
export type NormalKernel = (state: Uint32Array, out: Float32Array) => void;

let current: NormalKernel | undefined;

/**
 * Sets how `TorchGenerator` computes its numbers: `fillNormal` of the native addon, which pipelines pass here, or undefined for
 * JavaScript. Both give the same bits and advance the same state, so they may alternate. A kernel that gives other bits,
 * on a processor or with a compiler it was not tried on, is not taken.
 *
 * @returns whether it was taken
 * @internal
 */
export function setNormalKernel(kernel: NormalKernel | undefined): boolean {
  if (kernel && kernel !== current && !givesTheSame(kernel)) return false;
  current = kernel;
  return true;
}

/** Fills `out` with the kernel that is set. */
export function fillNormal(twister: MersenneTwister, out: Float32Array): void {
  if (current) current(twister.state, out);
  else fillInJavaScript(twister, out);
}

function fillInJavaScript(twister: MersenneTwister, out: Float32Array): void {
  fillUniform(twister, out, 0);
  const blocks = out.length - (out.length % BLOCK);
  for (let start = 0; start < blocks; start += BLOCK) boxMuller(out, start);
  if (blocks === out.length) return;
  // The remainder is made with a whole block at the end, which replaces numbers already made.
  const last = out.length - BLOCK;
  fillUniform(twister, out, last);
  boxMuller(out, last);
}

function fillUniform(twister: MersenneTwister, out: Float32Array, start: number): void {
  for (let i = start; i < out.length; i++) out[i] = (twister.next32() & 0xffffff) / 2 ** 24;
}

function givesTheSame(kernel: NormalKernel): boolean {
  const [first, second] = [new MersenneTwister(42), new MersenneTwister(42)];
  const [drawn, expected] = [new Float32Array(1001), new Float32Array(1001)];
  kernel(first.state, drawn);
  fillInJavaScript(second, expected);
  return drawn.every((value, i) => value === expected[i]) && first.next32() === second.next32();
}
