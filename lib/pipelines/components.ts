import { Component, type TextEncoder, type UNet, type VaeEncoder } from '../components/index.js';
import { ModelLoadError } from '../common/errors.js';
import type { PretrainedModel } from '../models/index.js';
import type {
  LatentDiffusionComponents,
  StableDiffusionComponents,
  StableDiffusionXLComponents,
} from './load-components.js';

/** What follows from components' configurations. */
export interface ComponentDescription {
  readonly vaeEncoder: VaeEncoder | undefined;
  /** The id or the path that was loaded. */
  readonly name: string;
  /** Pixels a latent, in each direction; 8 for SD. */
  readonly vaeScaleFactor: number;
  /** What latents are multiplied by after encoding; 0.18215 for SD. */
  readonly scalingFactor: number;
  /** The side, in latents, the model was trained on; 64 for SD 1.x. The larger one where they differ. */
  readonly sampleSize: number;
  /** Whether the UNet was trained to inpaint: it takes 9 channels, those of a mask and a masked image among them. */
  readonly isInpaintingModel: boolean;
}

/** The components of a pipeline of Stable Diffusion 1.x and 2.x, with what follows from their configurations. */
export interface DescribedComponents extends StableDiffusionComponents, ComponentDescription {
  readonly vaeEncoder: VaeEncoder | undefined;
}

/** The components of a pipeline of Stable Diffusion XL, with what follows from their configurations. */
export interface DescribedXLComponents extends StableDiffusionXLComponents, ComponentDescription {
  readonly vaeEncoder: VaeEncoder | undefined;
}

const REQUIRED = ['tokenizer', 'textEncoder', 'unet', 'vaeDecoder', 'model'] as const;
const REQUIRED_BY_XL = ['tokenizer2', 'textEncoder2', 'unet', 'vaeDecoder', 'model'] as const;

/** @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` naming the components that are missing */
export function requireComponents(components: Partial<StableDiffusionComponents> | null | undefined): void {
  requireAll(components, REQUIRED);
}

function requireAll(components: object | null | undefined, names: readonly string[]): void {
  const given = { ...components } as Readonly<Record<string, unknown>>;
  const missing = names.filter((name) => !given[name]);
  if (missing.length === 0) return;
  throw new ModelLoadError(
    'INCOMPATIBLE_COMPONENTS',
    `Expected components with ${names.join(', ')}, but there is no ${missing.join(', ')}`,
  );
}

/**
 * Checks that components are complete and fit each other.
 *
 * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS`
 */
export function describeComponents(components: StableDiffusionComponents): DescribedComponents {
  requireComponents(components);
  const { unet, textEncoder } = components;
  requireTextWidth([textEncoder], unet);
  requireLatentFit(components);
  return Object.freeze({ ...components, ...describe(components) });
}

/**
 * Checks that components of Stable Diffusion XL are complete and fit each other.
 *
 * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS`
 */
export function describeXLComponents(components: StableDiffusionXLComponents): DescribedXLComponents {
  requireAll(components, REQUIRED_BY_XL);
  const { unet, textEncoder, textEncoder2, tokenizer } = components;
  if ((textEncoder === undefined) !== (tokenizer === undefined))
    requireAll(components, ['tokenizer', 'textEncoder']);
  const encoders = textEncoder ? [textEncoder, textEncoder2] : [textEncoder2];
  for (const encoder of encoders) requireHiddenStates(encoder);
  requireTextWidth(encoders, unet);
  requireLatentFit(components);
  return Object.freeze({ ...components, ...describe(components) });
}

function describe({ unet, vaeDecoder, vaeEncoder, model }: LatentDiffusionComponents): ComponentDescription {
  const { height, width } = unet.sampleSize;
  return {
    vaeEncoder,
    name: model.name,
    vaeScaleFactor: vaeDecoder.config.vaeScaleFactor,
    scalingFactor: vaeDecoder.config.scalingFactor,
    sampleSize: Math.max(height, width),
    isInpaintingModel: isInpaintingUNet({ unet, vaeDecoder }),
  };
}

/** A model of Stable Diffusion XL as it was loaded says these in its model_index.json; with diffusers' defaults. */
export function xlFlags({ index }: PretrainedModel): {
  readonly forceZerosForEmptyPrompt: boolean;
  readonly requiresAestheticsScore: boolean;
} {
  return {
    forceZerosForEmptyPrompt: index.force_zeros_for_empty_prompt !== false,
    requiresAestheticsScore: index.requires_aesthetics_score === true,
  };
}

/** The networks among a pipeline's components. */
export function networksOf(components: object): Component[] {
  return Object.values(components).filter((part): part is Component => part instanceof Component);
}

/** The precision that networks compute in, as the device says; undefined before any is compiled. */
export function precisionOf(components: object): string | undefined {
  const networks = networksOf(components);
  // The UNet does nearly all the work.
  const unet = networks.find(({ source }) => source.name === 'unet')?.inferencePrecision;
  return unet ?? networks.find(({ inferencePrecision }) => inferencePrecision)?.inferencePrecision;
}

/**
 * Checks that a UNet takes latents and text only, as those of text to image and image to image do.
 *
 * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` for more channels, `UNSUPPORTED` for more inputs
 */
export function requireLatentsAndText(components: StableDiffusionComponents): void {
  requireComponents(components);
  requireLatents(components);
  requireTextOnly(components);
}

function requireTextOnly({ unet }: LatentDiffusionComponents): void {
  const [other] = unet.optionalInputs;
  if (other === undefined) return;
  throw new ModelLoadError(
    'UNSUPPORTED',
    `The UNet in ${unet.source.path} takes ${other}, which this pipeline does not have`,
  );
}

/** Whether a UNet was trained to inpaint: it takes latents, a mask, and the latents of a masked image. */
function isInpaintingUNet({
  unet,
  vaeDecoder,
}: Pick<LatentDiffusionComponents, 'unet' | 'vaeDecoder'>): boolean {
  return unet.inChannels === 2 * vaeDecoder.latentChannels + 1;
}

/**
 * Checks that a UNet takes latents and text, or a mask and a masked image beside them, as inpainting does with both.
 *
 * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` for other channels, `UNSUPPORTED` for more inputs
 */
export function requireInpaintUNet(components: StableDiffusionComponents): void {
  requireComponents(components);
  requireInpaintChannels(components);
  requireTextOnly(components);
}

/**
 * Checks that a UNet takes latents, alone or with a mask and a masked image.
 *
 * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS`
 */
export function requireInpaintChannels(components: LatentDiffusionComponents): void {
  const { unet, vaeDecoder } = components;
  if (isInpaintingUNet(components) || unet.inChannels === vaeDecoder.latentChannels) return;
  throw new ModelLoadError(
    'INCOMPATIBLE_COMPONENTS',
    `The UNet in ${unet.source.path} takes ${unet.inChannels} channels; inpainting has the ` +
      `${vaeDecoder.latentChannels} of the latents, or ${2 * vaeDecoder.latentChannels + 1} with a mask and a masked image`,
  );
}

/**
 * Checks that there is a VAE encoder, which text to image does without.
 *
 * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS`
 */
export function requireVaeEncoder({ vaeEncoder, model }: LatentDiffusionComponents): void {
  if (vaeEncoder) return;
  throw new ModelLoadError(
    'INCOMPATIBLE_COMPONENTS',
    `Expected components with a vaeEncoder, which encodes images, but ${model.path} has no vae_encoder. Exports by ` +
      'optimum-intel before 1.9 have none: export the model again.',
  );
}

/**
 * Checks that a UNet takes no channels but the latents'.
 *
 * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS`
 */
export function requireLatents({ unet, vaeDecoder }: LatentDiffusionComponents): void {
  if (unet.inChannels === vaeDecoder.latentChannels) return;
  throw new ModelLoadError(
    'INCOMPATIBLE_COMPONENTS',
    `The UNet in ${unet.source.path} takes ${unet.inChannels} channels, those of an image or a mask among them; this ` +
      `pipeline has the ${vaeDecoder.latentChannels} of the latents`,
  );
}

/**
 * Checks that a UNet takes the guidance scale as an input, `timestep_cond`, and no other beside latents and text.
 *
 * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS`
 */
export function requireGuidanceEmbedding({ unet }: LatentDiffusionComponents): void {
  if (unet.optionalInputs.join() === 'timestep_cond') return;
  throw new ModelLoadError(
    'INCOMPATIBLE_COMPONENTS',
    `Expected a UNet that takes the guidance scale (timestep_cond), as latent consistency models do, but the one in ` +
      `${unet.source.path} takes ${unet.optionalInputs.join(' and ') || 'no other input than latents and text'}. ` +
      'Models with an LCM-LoRA fused into them are of StableDiffusionPipeline.',
  );
}

function requireTextWidth(encoders: readonly TextEncoder[], unet: UNet): void {
  const widths = encoders.map(({ hiddenSize }) => hiddenSize);
  if (widths.reduce((sum, width) => sum + width, 0) === unet.crossAttentionDim) return;
  const paths = encoders.map(({ source }) => source.path).join(' and ');
  throw new ModelLoadError(
    'INCOMPATIBLE_COMPONENTS',
    `${encoders.length > 1 ? 'The text encoders' : 'The text encoder'} in ${paths} ${encoders.length > 1 ? 'give' : 'gives'} ` +
      `states of width ${widths.join(' + ')} but the UNet in ${unet.source.path} ` +
      `takes ${unet.crossAttentionDim}; they are of different models`,
  );
}

/** Stable Diffusion XL takes the states before the last layer. */
function requireHiddenStates({ source, hiddenStateCount }: TextEncoder): void {
  if (hiddenStateCount > 1) return;
  throw new ModelLoadError(
    'INCOMPATIBLE_COMPONENTS',
    `The text encoder in ${source.path} was exported without its layers' states (hidden_states), which Stable ` +
      'Diffusion XL takes; export it again',
  );
}

function requireLatentFit({ unet, vaeDecoder }: LatentDiffusionComponents): void {
  if (vaeDecoder.latentChannels !== unet.outChannels) {
    throw new ModelLoadError(
      'INCOMPATIBLE_COMPONENTS',
      `The UNet in ${unet.source.path} predicts ${unet.outChannels} latent channels but the VAE in ` +
        `${vaeDecoder.source.path} has ${vaeDecoder.latentChannels}`,
    );
  }
}
