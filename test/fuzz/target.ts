import type fc from 'fast-check';

/** Something that takes input from strangers. */
export interface Target<Input = unknown> {
  readonly name: string;
  /**
   * Gets ready in a process of its own, by whose end `folder` is removed.
   *
   * @returns what tries one input
   */
  prepare(folder: string): Promise<Trial<Input>>;
}

export interface Trial<Input = unknown> {
  /** Inputs, near to good ones. What they are is printed with a fault, so they should be data. */
  readonly inputs: fc.Arbitrary<Input>;
  /** Takes a good input, so that what is loaded once does not count as growth. */
  warmUp(): Promise<void>;
  /**
   * Takes one input: an error of this package is as good as success; any other is a fault.
   *
   * @param at - is called with what comes next, which a crash or a hang is named by
   */
  run(input: Input, at: (stage: string) => void): Promise<void>;
}

/** Keeps a target's type of input to itself. */
export function target<Input>(of: Target<Input>): Target {
  return of;
}
