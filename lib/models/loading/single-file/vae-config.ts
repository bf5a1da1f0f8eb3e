import { PREFIXES, type Checkpoint } from './checkpoint.js';

const at = (name: string): string => PREFIXES.vae + name;

/** How many times smaller than the picture latents are. */
export function vaeScaleFactorOf(checkpoint: Checkpoint): number {
  return 2 ** Math.max(0, levelsOf(checkpoint) - 1);
}

/**
 * The configuration of a checkpoint's VAE: sizes as its tensors have them, the rest as Stable Diffusion has it.
 *
 * @param sampleSize - the side, in pixels, the model was trained on
 * @throws ModelLoadError `MODEL_CORRUPT` where a tensor that tells them is missing
 */
export function vaeConfigOf(checkpoint: Checkpoint, sampleSize: number): Record<string, unknown> {
  const channels = Array.from({ length: levelsOf(checkpoint) }, (_, level) =>
    checkpoint.size(at(`encoder.down.${level}.block.0.conv1.weight`), 0),
  );
  return {
    _class_name: 'AutoencoderKL',
    act_fn: 'silu',
    block_out_channels: channels,
    down_block_types: channels.map(() => 'DownEncoderBlock2D'),
    in_channels: checkpoint.size(at('encoder.conv_in.weight'), 1),
    latent_channels: checkpoint.size(at('decoder.conv_in.weight'), 1),
    layers_per_block: checkpoint.count((layer) => at(`encoder.down.0.block.${layer}.conv1.weight`)),
    norm_num_groups: 32,
    out_channels: checkpoint.size(at('decoder.conv_out.weight'), 0),
    sample_size: sampleSize,
    scaling_factor: 0.18215,
    up_block_types: channels.map(() => 'UpDecoderBlock2D'),
  };
}

function levelsOf(checkpoint: Checkpoint): number {
  return checkpoint.count((level) => at(`encoder.down.${level}.block.0.conv1.weight`));
}
