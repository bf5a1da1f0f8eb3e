import { PREFIXES, type Checkpoint } from './checkpoint.js';

/** A text encoder as a checkpoint holds it. */
export interface StoredTextEncoder {
  readonly name: 'text_encoder' | 'text_encoder_2';
  /** Of its keys. */
  readonly prefix: string;
  /** Whether its layers are named as OpenCLIP's, or as transformers' CLIPTextModel. */
  readonly isOpenClip: boolean;
  /** Whether it is transformers' CLIPTextModelWithProjection. */
  readonly hasProjection: boolean;
  /** Layers after these were not trained with the UNet, and diffusers leaves them out. */
  readonly maxLayers: number;
}

/** Stable Diffusion 2.x is trained on the states before OpenCLIP's last layer: number 23 of 24. */
const LAYERS_OF_2 = 23;

const clip = (prefix: string): StoredTextEncoder => ({
  name: 'text_encoder',
  prefix,
  isOpenClip: false,
  hasProjection: false,
  maxLayers: Infinity,
});

const openClip = (prefix: string): StoredTextEncoder => ({
  ...clip(prefix),
  isOpenClip: true,
  maxLayers: LAYERS_OF_2,
});

const openClipXl = (prefix: string): StoredTextEncoder => ({
  name: 'text_encoder_2',
  prefix,
  isOpenClip: true,
  hasProjection: true,
  maxLayers: Infinity,
});

/** Whether a checkpoint is of Stable Diffusion XL, a refiner included. */
export function isXl(checkpoint: Checkpoint): boolean {
  return checkpoint.some(/^conditioner\.embedders\./);
}

/**
 * The text encoders of a checkpoint: CLIP's in Stable Diffusion 1.x, OpenCLIP's in 2.x, both in XL, and OpenCLIP's in
 * XL's refiner. Empty where it has none of a known layout.
 */
export function textEncodersOf(checkpoint: Checkpoint): readonly StoredTextEncoder[] {
  const has = (prefix: string): boolean => checkpoint.hasPrefix(prefix);
  if (has(PREFIXES.openClipRefiner)) return [openClipXl(PREFIXES.openClipRefiner)];
  if (isXl(checkpoint)) {
    return has(PREFIXES.clipXl) && has(PREFIXES.openClipXl)
      ? [clip(PREFIXES.clipXl), openClipXl(PREFIXES.openClipXl)]
      : [];
  }
  if (has(PREFIXES.openClip)) return [openClip(PREFIXES.openClip)];
  return has(PREFIXES.clip) ? [clip(PREFIXES.clip)] : [];
}
