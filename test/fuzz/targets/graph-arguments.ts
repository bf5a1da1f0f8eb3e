import type { AttributeValue } from '../../../lib/runtime/graph.js';
import type { ElementType } from '../../../lib/runtime/index.js';
import type { Dice } from './dice.js';

/** An input of a node: an output of an earlier node of the graph, or a tensor of its own. */
export type Argument = { readonly output: number } | TensorArgument;

export interface TensorArgument {
  /** The last is computed: dimensions of another parameter, of the size that `values` are. */
  readonly as: 'constant' | 'parameter' | 'free dimensions' | 'dimensions';
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export interface NodeOf {
  readonly operation: string;
  readonly inputs: readonly Argument[];
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

const FLOATS: readonly ElementType[] = ['f32', 'f32', 'f32', 'f32', 'f16', 'bf16', 'f64'];
const INTEGERS: readonly ElementType[] = ['i64', 'i64', 'i32', 'i32', 'u8', 'i8'];
const ODD_TYPES: readonly ElementType[] = ['boolean', 'f8e4m3', 'f8e5m2', 'u8', 'i8', 'f64'];
const ODD_NUMBERS = [
  -1,
  0,
  1,
  -100,
  1000,
  2 ** 20,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 40,
  -(2 ** 53),
  2 ** 53,
];

export const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Makes inputs and attributes that are near to good ones. */
export class Arguments {
  readonly dice: Dice;
  /** How many outputs earlier nodes have. */
  readonly #outputs: number;

  constructor(dice: Dice, outputs: number) {
    this.dice = dice;
    this.#outputs = outputs;
  }

  dimension(): number {
    return this.dice.pick([1, 1, 2, 2, 3, 4, 4, 5, 8, this.dice.once(4) ? 0 : 16]);
  }

  shape(min: number, max: number): number[] {
    const shape = this.dice.list(min + this.dice.below(max - min + 1), () => this.dimension());
    return product(shape) > 20_000 ? shape.map((side) => Math.min(side, 4)) : shape;
  }

  /** The shape, or one that is not as it should be. */
  slip(shape: readonly number[]): number[] {
    if (!this.dice.once(12)) return [...shape];
    const at = this.dice.below(shape.length + 1);
    return this.dice.once(2) ? shape.toSpliced(at, 1) : shape.toSpliced(at, 1, this.dimension());
  }

  /** A shape that broadcasts to `shape`. */
  narrower(shape: readonly number[]): number[] {
    return this.slip(
      shape.slice(this.dice.below(shape.length + 1)).map((side) => (this.dice.once(3) ? 1 : side)),
    );
  }

  float(): ElementType {
    return this.dice.once(25) ? this.dice.pick([...ODD_TYPES, ...INTEGERS]) : this.dice.pick(FLOATS);
  }

  integer(): ElementType {
    return this.dice.once(25) ? this.dice.pick([...ODD_TYPES, ...FLOATS]) : this.dice.pick(INTEGERS);
  }

  number(least: number, most: number): number {
    return this.dice.once(12) ? this.dice.pick(ODD_NUMBERS) : least + this.dice.below(most - least + 1);
  }

  numbers(length: number, least: number, most: number): number[] {
    const numbers = this.dice.list(length, () => this.number(least, most));
    return this.dice.once(15) ? numbers.slice(1) : numbers;
  }

  /** Elements that are computed with: an earlier output, a parameter or a constant. */
  data(shape: readonly number[], type = this.float()): Argument {
    if (this.#outputs > 0 && this.dice.once(3)) return { output: this.dice.below(this.#outputs) };
    const as = this.dice.pick(['parameter', 'parameter', 'free dimensions', 'constant'] as const);
    const values = this.dice.list(product(shape), () => this.number(-3, 4));
    return { as, type, shape, values };
  }

  /** Whole numbers that say what to do: mostly a constant, else computed. */
  control(
    values: readonly number[],
    shape: readonly number[] = [values.length],
    type = this.integer(),
  ): Argument {
    if (this.#outputs > 0 && this.dice.once(12)) return { output: this.dice.below(this.#outputs) };
    const as = this.dice.pick([
      'constant',
      'constant',
      'constant',
      'constant',
      'dimensions',
      'parameter',
      'free dimensions',
    ] as const);
    return { as, type, shape: this.slip(shape), values };
  }

  scalar(least: number, most: number): Argument {
    return this.control([this.number(least, most)], this.dice.once(2) ? [] : [1]);
  }

  /** Some axes of a tensor. */
  axes(rank: number): Argument {
    const count = this.dice.below(Math.max(rank, 1) + 1);
    return this.control(this.numbers(count, -rank, rank - 1));
  }

  /** An attribute of some values, or once in a while another. */
  choice(...values: readonly AttributeValue[]): AttributeValue {
    return this.dice.once(20)
      ? this.dice.pick<AttributeValue>([-1, 0, 1.5, true, '', 'none', [], [0]])
      : this.dice.pick(values);
  }
}
