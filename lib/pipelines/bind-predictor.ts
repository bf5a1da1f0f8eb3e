import { raceAbort } from '../common/abort.js';
import type { ShapePolicy, UNet, UNetInputs, UNetShape } from '../components/index.js';
import {
  guidedTimesteps,
  IntervalPredictor,
  isPartial,
  UNetPredictor,
  withGuidance,
  type NoisePredictor,
} from '../denoising/index.js';
import type { Generation, Start } from './generation.js';

/** The UNet that a generation runs on. */
export interface BoundUNet {
  readonly unet: UNet;
  /** Of all rows that the request has. */
  readonly inputs: UNetInputs;
  readonly policy: ShapePolicy;
  /** The shape of a call with both halves of rows, or with those of the prompts alone. */
  readonly shapeFor: (isGuided: boolean) => UNetShape;
}

/**
 * The UNet as the loop's predictor: guided where the request is, and of its steps those that the interval of its options
 * has.
 *
 * @throws ModelLoadError, InferenceError when it cannot be compiled or bound; the signal's reason
 */
export async function bindPredictor(
  { request, options, scheduler, context }: Generation,
  start: Start,
  { unet, inputs, policy, shapeFor }: BoundUNet,
): Promise<NoisePredictor> {
  const { guidanceScale, images } = request;
  const hasBothRows = request.negativePrompts !== undefined;
  const bind = async (isGuided: boolean): Promise<NoisePredictor> => {
    const own = isGuided === hasBothRows ? inputs : conditionalRows(inputs);
    const rows = new UNetPredictor(await unet.bind(shapeFor(isGuided), policy, own, context));
    const predictor = start.aroundUNet?.(rows) ?? rows;
    return isGuided ? withGuidance(predictor, { ...options, guidanceScale, images }) : predictor;
  };
  if (!hasBothRows || !isPartial(options)) return bind(hasBothRows);

  const { firstIndex = 0, endIndex = scheduler.timesteps.length } = start;
  const calls = endIndex - firstIndex;
  const isGuided = guidedTimesteps(options, { firstIndex, calls, order: scheduler.order });
  // Compiled before the first step, so that a failure does not waste the steps before it.
  for (const kind of new Set(Array.from({ length: calls }, (_, place) => isGuided(firstIndex + place)))) {
    await raceAbort(unet.compile(policy.select(shapeFor(kind))), context.signal);
  }
  return new IntervalPredictor(isGuided, bind);
}

/** The second half of every input: the rows for the prompts. */
function conditionalRows(inputs: UNetInputs): UNetInputs {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, rows]) => [name, rows.subarray(rows.length / 2)]),
  );
}
