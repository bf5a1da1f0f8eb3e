import { Component, type VaeEncoder } from '../components/index.js';
import { ModelLoadError } from '../common/errors.js';
import type { StableDiffusionComponents } from './load-components.js';

/** A pipeline's components with what follows from their configurations. */
export interface DescribedComponents extends StableDiffusionComponents {
  readonly vaeEncoder: VaeEncoder | undefined;
  /** The id or the path that was loaded. */
  readonly name: string;
  /** Pixels a latent, in each direction; 8 for SD. */
  readonly vaeScaleFactor: number;
  /** What latents are multiplied by after encoding; 0.18215 for SD. */
  readonly scalingFactor: number;
  /** The side, in latents, the model was trained on; 64 for SD 1.x. The larger one where they differ. */
  readonly sampleSize: number;
}

const REQUIRED = ['tokenizer', 'textEncoder', 'unet', 'vaeDecoder', 'model'] as const;

/** @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` naming the components that are missing */
export function requireComponents(components: Partial<StableDiffusionComponents> | null | undefined): void {
  const missing = REQUIRED.filter((name) => !components?.[name]);
  if (missing.length === 0) return;
  throw new ModelLoadError(
    'INCOMPATIBLE_COMPONENTS',
    `Expected components with ${REQUIRED.join(', ')}, but there is no ${missing.join(', ')}`,
  );
}

/**
 * Checks that components are complete and fit each other.
 *
 * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS`
 */
export function describeComponents(components: StableDiffusionComponents): DescribedComponents {
  requireComponents(components);
  const { unet, vaeDecoder, model } = components;
  requireFit(components);
  const { height, width } = unet.sampleSize;
  return Object.freeze({
    ...components,
    vaeEncoder: components.vaeEncoder,
    name: model.name,
    vaeScaleFactor: vaeDecoder.config.vaeScaleFactor,
    scalingFactor: vaeDecoder.config.scalingFactor,
    sampleSize: Math.max(height, width),
  });
}

/** The networks among a pipeline's components. */
export function networksOf(components: object): Component[] {
  return Object.values(components).filter((part): part is Component => part instanceof Component);
}

/**
 * Checks that a UNet takes latents and text only, as those of text to image and image to image do.
 *
 * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` for more channels, `UNSUPPORTED` for more inputs
 */
export function requireLatentsAndText(components: StableDiffusionComponents): void {
  requireComponents(components);
  const { unet, vaeDecoder } = components;
  const { path } = unet.source;
  if (unet.inChannels !== vaeDecoder.latentChannels) {
    throw new ModelLoadError(
      'INCOMPATIBLE_COMPONENTS',
      `The UNet in ${path} takes ${unet.inChannels} channels, those of an image or a mask among them; this pipeline has ` +
        `the ${vaeDecoder.latentChannels} of the latents`,
    );
  }
  const [other] = unet.optionalInputs;
  if (other === undefined) return;
  throw new ModelLoadError(
    'UNSUPPORTED',
    `The UNet in ${path} takes ${other}, which this pipeline does not have`,
  );
}

function requireFit({ textEncoder, unet, vaeDecoder }: StableDiffusionComponents): void {
  if (textEncoder.hiddenSize !== unet.crossAttentionDim) {
    throw new ModelLoadError(
      'INCOMPATIBLE_COMPONENTS',
      `The text encoder in ${textEncoder.source.path} gives states of width ${textEncoder.hiddenSize} but the UNet in ` +
        `${unet.source.path} takes ${unet.crossAttentionDim}; they are of different models`,
    );
  }
  if (vaeDecoder.latentChannels !== unet.outChannels) {
    throw new ModelLoadError(
      'INCOMPATIBLE_COMPONENTS',
      `The UNet in ${unet.source.path} predicts ${unet.outChannels} latent channels but the VAE in ` +
        `${vaeDecoder.source.path} has ${vaeDecoder.latentChannels}`,
    );
  }
}
