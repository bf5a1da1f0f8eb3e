import type { CompileModelOptions, Port } from '../../lib/runtime/index.js';
import { Hold } from './hold.js';

/** A tensor's elements with their shape. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** An input as a network reads it: a copy of what was bound. */
export interface InputValues {
  readonly elementType: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

/** A network's inputs by name. */
export type Inputs = Readonly<Record<string, InputValues>>;
/** What a network computes: its outputs by name. */
export type Compute = (inputs: Inputs) => Readonly<Record<string, Values>>;

/** A port with one name. */
export function port(name: string, shape: Port['shape'], elementType = 'f32'): Port {
  return { names: [name], elementType, shape };
}

/**
 * A network whose inference is a JavaScript function. It records what is done with it and counts what of it is alive;
 * its compilations and inferences can be held, and fail.
 */
export class FakeNetwork {
  readonly inputs: Port[];
  readonly outputs: Port[];
  readonly compute: Compute;
  /** Every compilation that was asked for, also those that failed. */
  readonly compilations: CompileModelOptions[] = [];
  /** The inputs of every inference that was started. */
  readonly inferences: Inputs[] = [];
  /** Inferences that were cancelled while they ran. */
  cancelled = 0;
  readonly alive = { models: 0, compiledModels: 0, requests: 0, lentOutputs: 0 };
  /** Elements of its weights. */
  weightElements = 0;
  /** What the device answers, for what was asked of it. */
  precision: (asked: string | undefined) => string = (asked) => asked ?? 'f32';
  #compilationHolds: Hold[] = [];
  #inferenceHolds: Hold[] = [];

  constructor(inputs: Port[], outputs: Port[], compute: Compute) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.compute = compute;
  }

  /** Shapes that were compiled, in order. */
  get compiledShapes(): CompileModelOptions['shapes'][] {
    return this.compilations.map(({ shapes }) => shapes);
  }

  /** Whether nothing of the network is left. */
  get isFreed(): boolean {
    return Object.values(this.alive).every((count) => count === 0);
  }

  /** The next compilation stops here. */
  holdCompilation(): Hold {
    return added(this.#compilationHolds);
  }

  failCompilation(error: unknown): void {
    this.holdCompilation().fail(error);
  }

  /** The next inference stops here, until it is released or cancelled. */
  holdInference(): Hold {
    return added(this.#inferenceHolds);
  }

  failInference(error: unknown): void {
    this.holdInference().fail(error);
  }

  async compilation(): Promise<void> {
    await (this.#compilationHolds.shift()?.stop() ?? turn());
  }

  async inference(): Promise<void> {
    await (this.#inferenceHolds.shift()?.stop() ?? turn());
  }
}

function added(holds: Hold[]): Hold {
  const hold = new Hold();
  holds.push(hold);
  return hold;
}

/** Native work ends in another turn of the event loop than it was started in. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
