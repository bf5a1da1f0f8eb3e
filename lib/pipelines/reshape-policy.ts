import type { ShapePolicy } from '../components/index.js';
import { ShapeMismatchError } from '../common/errors.js';
import type { StaticShape } from './reshape-options.js';

/**
 * Networks for every shape until `reshape`, then a network for each shape that is used, or for the reshaped one only.
 */
export class ReshapePolicy implements ShapePolicy {
  readonly #strict: boolean;
  #shape: StaticShape | undefined;

  /** @param strict - after `reshape`, other shapes are refused */
  constructor(strict: boolean) {
    this.#strict = strict;
  }

  /** What the pipeline was reshaped to. */
  get shape(): StaticShape | undefined {
    return this.#shape;
  }

  reshape(shape: StaticShape): void {
    this.#shape = shape;
  }

  select<Shape>(needed: Shape): Shape | 'dynamic' {
    return this.#shape ? needed : 'dynamic';
  }

  /** @throws ShapeMismatchError when the policy is strict and a call is of another shape than the reshaped one */
  require(wanted: StaticShape): void {
    const shape = this.#shape;
    if (!shape || !this.#strict) return;
    const differing = (Object.keys(wanted) as (keyof StaticShape)[]).filter(
      (key) => wanted[key] !== shape[key],
    );
    if (differing.length === 0) return;
    const list = differing.map((key) => `${key} ${wanted[key]} instead of ${shape[key]}`).join(', ');
    throw new ShapeMismatchError(`The pipeline was reshaped, with strictShapes, to another shape: ${list}`);
  }

  /** @throws ShapeMismatchError when the policy is strict and prompts have other tokens than what is compiled */
  requireTokens(wanted: number, compiled: number): void {
    if (!this.#shape || !this.#strict || wanted === compiled) return;
    throw new ShapeMismatchError(
      `The pipeline was reshaped, with strictShapes, to another shape: ${wanted} tokens instead of ${compiled}`,
    );
  }
}
