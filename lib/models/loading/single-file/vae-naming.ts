import type { WeightNaming } from '../../weights/naming.js';
import { PREFIXES } from './checkpoint.js';

const IN_ATTENTION: Readonly<Record<string, string>> = {
  group_norm: 'norm',
  to_q: 'q',
  to_k: 'k',
  to_v: 'v',
  'to_out.0': 'proj_out',
};

const ATTENTION = /^(encoder|decoder)\.mid_block\.attentions\.0\.(.+)\.(weight|bias)$/;

/**
 * The original autoencoder's names for those of diffusers. Its attention is made of convolutions over single pixels,
 * and its decoder counts levels from the largest image.
 *
 * @param levels - how many the VAE has
 * @param prefix - of its keys. Default: that of checkpoints
 */
export function vaeNaming(levels: number, prefix: string = PREFIXES.vae): WeightNaming {
  return {
    prefix,
    storedAs: (key) => {
      const [, half, module = '', parameter] = ATTENTION.exec(key) ?? [];
      if (half === undefined) return { name: originalName(key, levels) };
      return { name: `${half}.mid.attn_1.${IN_ATTENTION[module] ?? module}.${parameter}`, pointwise: true };
    },
    // What the autoencoder was trained with.
    ignored: /^(loss|model_ema)\./,
  };
}

function originalName(key: string, levels: number): string {
  return key
    .replace(/^encoder\.down_blocks\.(\d+)\./, 'encoder.down.$1.')
    .replace(
      /^decoder\.up_blocks\.(\d+)\./,
      (_, block: string) => `decoder.up.${levels - 1 - Number(block)}.`,
    )
    .replace(/\.mid_block\.resnets\.(\d+)\./, (_, layer: string) => `.mid.block_${Number(layer) + 1}.`)
    .replace('.resnets.', '.block.')
    .replace('.downsamplers.0.', '.downsample.')
    .replace('.upsamplers.0.', '.upsample.')
    .replace('.conv_shortcut.', '.nin_shortcut.')
    .replace('.conv_norm_out.', '.norm_out.');
}
