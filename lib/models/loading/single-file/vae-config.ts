import { PREFIXES, type Checkpoint } from './checkpoint.js';

/** Where a file has the tensors whose shapes show how large a VAE is. */
export interface VaeKeys {
  /** What stands before all of its keys. */
  readonly prefix: string;
  /** A residual block of the encoder. */
  readonly resnet: (level: number, layer: number) => string;
}

/** The original autoencoder's keys, as in checkpoints. */
export const ORIGINAL_VAE_KEYS: VaeKeys = {
  prefix: PREFIXES.vae,
  resnet: (level, layer) => `encoder.down.${level}.block.${layer}`,
};

/** What Stable Diffusion XL's VAE has of its own. */
export const XL_VAE = { sample_size: 1024, scaling_factor: 0.13025 };

/** How many times smaller than the image latents are. */
export function vaeScaleFactorOf(checkpoint: Checkpoint): number {
  return 2 ** Math.max(0, levelsOf(checkpoint, ORIGINAL_VAE_KEYS) - 1);
}

/**
 * The configuration of a checkpoint's VAE: sizes as its tensors have them, the rest as Stable Diffusion has it.
 *
 * @param sampleSize - the side, in pixels, the model was trained on
 * @param keys - of its tensors. Default: those of a checkpoint
 * @throws ModelLoadError `MODEL_CORRUPT` where a tensor that shows them is missing
 */
export function vaeConfigOf(
  checkpoint: Checkpoint,
  sampleSize: number,
  keys = ORIGINAL_VAE_KEYS,
): Record<string, unknown> {
  const at = (name: string): string => keys.prefix + name;
  const channels = Array.from({ length: levelsOf(checkpoint, keys) }, (_, level) =>
    checkpoint.size(at(`${keys.resnet(level, 0)}.conv1.weight`), 0),
  );
  return {
    _class_name: 'AutoencoderKL',
    act_fn: 'silu',
    block_out_channels: channels,
    down_block_types: channels.map(() => 'DownEncoderBlock2D'),
    in_channels: checkpoint.size(at('encoder.conv_in.weight'), 1),
    latent_channels: checkpoint.size(at('decoder.conv_in.weight'), 1),
    layers_per_block: checkpoint.count((layer) => at(`${keys.resnet(0, layer)}.conv1.weight`)),
    norm_num_groups: 32,
    out_channels: checkpoint.size(at('decoder.conv_out.weight'), 0),
    sample_size: sampleSize,
    scaling_factor: 0.18215,
    up_block_types: channels.map(() => 'UpDecoderBlock2D'),
  };
}

function levelsOf(checkpoint: Checkpoint, { prefix, resnet }: VaeKeys): number {
  return checkpoint.count((level) => `${prefix}${resnet(level, 0)}.conv1.weight`);
}
