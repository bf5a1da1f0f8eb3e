import type { UNetConfig } from '../../definitions/unet/config.js';
import type { WeightNaming } from '../../weights/naming.js';
import { PREFIXES } from './checkpoint.js';

const OUTSIDE_BLOCKS: Readonly<Record<string, string>> = {
  'time_embedding.linear_1': 'time_embed.0',
  'time_embedding.linear_2': 'time_embed.2',
  'add_embedding.linear_1': 'label_emb.0.0',
  'add_embedding.linear_2': 'label_emb.0.2',
  conv_in: 'input_blocks.0.0',
  conv_norm_out: 'out.0',
  conv_out: 'out.2',
};

const IN_RESNETS: Readonly<Record<string, string>> = {
  norm1: 'in_layers.0',
  conv1: 'in_layers.2',
  time_emb_proj: 'emb_layers.1',
  norm2: 'out_layers.0',
  conv2: 'out_layers.3',
  conv_shortcut: 'skip_connection',
};

const BLOCK = /^(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.+)$/;
const MID_BLOCK = /^mid_block\.(resnets|attentions)\.(\d+)\.(.+)$/;

/**
 * The original UNet's names for those of diffusers. It numbers layers through all levels, where diffusers numbers
 * blocks and layers within them; a downsampler is a layer of its own there, an upsampler part of the one before.
 */
export function unetNaming(config: UNetConfig): WeightNaming {
  return {
    prefix: PREFIXES.unet,
    storedAs: (key) => ({ name: originalName(key, config) }),
    ignored: /^$/,
  };
}

function originalName(key: string, config: UNetConfig): string {
  const [, way, block, kind = '', layer, parameter = ''] = BLOCK.exec(key) ?? [];
  if (way !== undefined) {
    const place = { kind, block: Number(block), layer: Number(layer), parameter };
    return way === 'down' ? inputName(place, config) : outputName(place, config);
  }
  const [, midKind, midLayer, inMid = ''] = MID_BLOCK.exec(key) ?? [];
  if (midKind !== undefined) {
    return midKind === 'attentions'
      ? `middle_block.1.${inMid}`
      : `middle_block.${2 * Number(midLayer)}.${inResnet(inMid)}`;
  }
  const [, module = '', parameterOutside = ''] = /^(.+)\.(.+)$/.exec(key) ?? [];
  const outside = OUTSIDE_BLOCKS[module];
  return outside === undefined ? key : `${outside}.${parameterOutside}`;
}

/** A parameter of a layer of a block, in diffusers' numbers. */
interface Place {
  readonly kind: string;
  readonly block: number;
  readonly layer: number;
  readonly parameter: string;
}

function inputName({ kind, block, layer, parameter }: Place, config: UNetConfig): string {
  const layers = layersOf(config);
  const first = 1 + block * (layers + 1);
  if (kind === 'downsamplers') {
    return `input_blocks.${first + layers}.0.${parameter.replace(/^conv\./, 'op.')}`;
  }
  return `input_blocks.${first + layer}.${inLayer(kind, parameter)}`;
}

function outputName({ kind, block, layer, parameter }: Place, config: UNetConfig): string {
  const layers = layersOf(config);
  const first = block * (layers + 1);
  if (kind !== 'upsamplers') return `output_blocks.${first + layer}.${inLayer(kind, parameter)}`;
  const attends = config.up_block_types[block] === 'CrossAttnUpBlock2D';
  return `output_blocks.${first + layers}.${attends ? 2 : 1}.${parameter}`;
}

/** The original has as many layers at every level. */
function layersOf(config: UNetConfig): number {
  return config.levels[0]?.layers ?? 0;
}

function inLayer(kind: string, parameter: string): string {
  return kind === 'attentions' ? `1.${parameter}` : `0.${inResnet(parameter)}`;
}

function inResnet(name: string): string {
  const [module = '', parameter] = name.split('.');
  return `${IN_RESNETS[module] ?? module}.${parameter}`;
}
