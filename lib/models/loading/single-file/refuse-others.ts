import { ModelLoadError } from '../../../common/errors.js';
import { isPickle, pickleError } from '../../file-names.js';
import { PREFIXES, type Checkpoint } from './checkpoint.js';
import { isXl, textEncodersOf } from './text-encoders.js';

/** Models by keys that only they have. The first that matches names the file. */
const BY_KEY: readonly (readonly [RegExp, string])[] = [
  [/^lora_|\.lora[._](up|down|A|B)\.|\.(hada_w1|lokr_w1|oft_blocks)/, 'LoRA weights, which change a model'],
  [/motion_modules\./, 'motion modules of AnimateDiff'],
  [/^control_model\.|(^|\.)(input_hint_block|controlnet_cond_embedding)\./, 'a ControlNet'],
  [/^edm_(mean|std)$/, 'a model of Playground 2.5'],
  [/(^|\.)joint_blocks\.\d/, 'a model of Stable Diffusion 3'],
  [/(^|\.)double_blocks\.\d/, 'a model of Flux'],
  [/^(emb_params|string_to_param\.)/, 'an embedding of textual inversion'],
];

/** What files without a UNet in the original layout are. */
const WITHOUT_UNET: readonly (readonly [RegExp, string])[] = [
  [/^model_ema\./, 'only the averages of a training (model_ema.*)'],
  [
    /^(down_blocks|up_blocks|mid_block)\./,
    "a network in diffusers' layout, which fromPretrained reads in its folder",
  ],
  [/^(first_stage_model\.)?(encoder|decoder)\.(conv_in|mid|down|up)/, 'a VAE alone'],
  [/^(cond_stage_model\.)?(transformer\.)?text_model\.|^cond_stage_model\./, 'a text encoder alone'],
];

/** UNets by the channels they take. */
const BY_CHANNELS: Readonly<Partial<Record<number, string>>> = {
  5: 'a model of Stable Diffusion 2 conditioned on depths',
  7: "Stable Diffusion's upscaler",
  8: 'a model of InstructPix2Pix',
};

/** Channels of UNets for text to image, and for inpainting. */
const SUPPORTED_CHANNELS = [4, 9];

/** @throws ModelLoadError `UNSUPPORTED` for a file that only Python could read, going by its name */
export function refusePickle(path: string): void {
  if (!isPickle(path)) return;
  throw pickleError(path, 'StableDiffusionPipeline.from_single_file(file).save_pretrained(folder)');
}

/**
 * Lets checkpoints of Stable Diffusion 1.x, 2.x and XL pass, for inpainting too.
 *
 * @param options.needsVae - whether no VAE is given that replaces its own
 * @throws ModelLoadError `UNSUPPORTED` naming what the file is, or which network it lacks
 */
export function refuseOthers(checkpoint: Checkpoint, { needsVae }: { needsVae: boolean }): void {
  const found = otherModel(checkpoint) ?? missingNetwork(checkpoint, needsVae);
  if (found === undefined) return;
  throw new ModelLoadError(
    'UNSUPPORTED',
    `${checkpoint.path} holds ${found}; supported are whole checkpoints of Stable Diffusion 1.x, 2.x and XL`,
  );
}

function otherModel(checkpoint: Checkpoint): string | undefined {
  const named = BY_KEY.find(([pattern]) => checkpoint.some(pattern));
  if (named) return named[1];

  const inputs = checkpoint.shape(`${PREFIXES.unet}input_blocks.0.0.weight`);
  if (!inputs && !checkpoint.some(/^model\.diffusion_model\.(input|middle|output)_blocks?\./)) {
    const known = WITHOUT_UNET.find(([pattern]) => checkpoint.some(pattern));
    return known?.[1] ?? `no UNet of Stable Diffusion (${PREFIXES.unet}input_blocks.*)`;
  }
  const channels = inputs?.[1];
  if (channels !== undefined && !SUPPORTED_CHANNELS.includes(channels)) {
    return BY_CHANNELS[channels] ?? `a UNet of ${channels} input channels`;
  }
  if (checkpoint.some(/^model\.diffusion_model\.label_emb\./) && !isXl(checkpoint)) {
    return 'a UNet with more conditions than text, like that of unCLIP, or one of Stable Diffusion XL without its text encoders';
  }
  return undefined;
}

function missingNetwork(checkpoint: Checkpoint, needsVae: boolean): string | undefined {
  if (needsVae && !checkpoint.some(/^first_stage_model\./)) {
    return `no VAE (${PREFIXES.vae}*), which the option 'vae' can give it`;
  }
  if (textEncodersOf(checkpoint).length === 0) {
    return isXl(checkpoint)
      ? `not both text encoders (${PREFIXES.clipXl}* and ${PREFIXES.openClipXl}*)`
      : `no text encoder (${PREFIXES.clip}* or ${PREFIXES.openClip}*)`;
  }
  return undefined;
}
