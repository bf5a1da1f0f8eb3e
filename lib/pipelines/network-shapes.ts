import type { RequiredMemory, ShapePolicy, UNetShape } from '../components/index.js';
import type { ComponentDescription } from './components.js';
import type { LatentDiffusionComponents } from './load-components.js';
import { latentSize } from './request.js';
import type { StaticShape } from './reshape-options.js';

/** The shape of the UNet's calls for a generation. */
export function unetShape(shape: StaticShape, vaeScaleFactor: number, tokens: number): UNetShape {
  const images = shape.batchSize * shape.numImagesPerPrompt;
  return { ...latentSize(shape, vaeScaleFactor), batch: shape.guidance ? images * 2 : images, tokens };
}

/** What else a generation has that costs memory. */
export interface MemoryNeeds {
  /** Tokens of a prompt. */
  readonly tokens: number;
  /** Whether images are encoded. */
  readonly encodes?: boolean | undefined;
  /** Whether guidance is off in some steps, so that there are two batches. */
  readonly isPartial?: boolean;
  /** Whether images are checked. */
  readonly checks?: boolean;
}

/** What the networks of a generation need at least. */
export function memoryFor(
  components: LatentDiffusionComponents & ComponentDescription,
  shape: StaticShape,
  policy: ShapePolicy,
  { tokens, encodes, isPartial, checks }: MemoryNeeds,
): RequiredMemory[] {
  const { unet, vaeDecoder, vaeEncoder, safetyChecker, vaeScaleFactor } = components;
  const unguided = unetShape({ ...shape, guidance: false }, vaeScaleFactor, tokens);
  // One network takes both batches where shapes are dynamic.
  const hasBoth = isPartial && shape.guidance && policy.select(unguided) !== 'dynamic';
  return [
    ...(encodes && vaeEncoder ? [vaeEncoder.requiredMemory(shape, policy)] : []),
    ...(hasBoth ? [unet.requiredMemory(unguided, policy)] : []),
    unet.requiredMemory(unetShape(shape, vaeScaleFactor, tokens), policy),
    vaeDecoder.requiredMemory(latentSize(shape, vaeScaleFactor), policy),
    ...(checks && safetyChecker ? [safetyChecker.requiredMemory()] : []),
  ];
}
