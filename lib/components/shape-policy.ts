/** Which shapes networks are compiled for. */
export interface ShapePolicy {
  /**
   * @param needed - the shape of the call at hand
   * @returns that shape, for a network of its own, or 'dynamic' for one network that takes every shape
   */
  select<Shape>(needed: Shape): Shape | 'dynamic';
}

/** Networks for every shape: simple and slow. */
export const DYNAMIC_SHAPES: ShapePolicy = { select: () => 'dynamic' };
/** A network for each shape. */
export const STATIC_SHAPES: ShapePolicy = { select: (needed) => needed };
