import { ModelLoadError } from '../../../common/errors.js';
import { autoencoderKlConfigSchema, VAE_SUPPORTED } from '../../definitions/autoencoder-kl.js';
import { autoencoderTinyConfigSchema, TINY_VAE_SUPPORTED } from '../../definitions/autoencoder-tiny.js';
import { checkNetworkConfig, type NetworkConfig } from '../../definitions/network-config.js';
import type { ModelIndex } from '../../layout.js';
import type { WeightFormat } from '../../weights/formats.js';
import type { VariantWeights } from '../check-variant.js';
import {
  tinyVaeExports,
  vaeExports,
  type ComponentExport,
  type NetworkWeights,
  type ScaleFactor,
} from '../component-export.js';

/** A VAE that replaces a model's own, with its configuration checked and its files found. */
export interface ReplacementVae {
  /** What the caller passed, for messages. */
  readonly path: string;
  readonly config: NetworkConfig;
  /** Pixels a latent, in each direction. */
  readonly scaleFactor: number;
  readonly latentChannels: number;
  /** Whether its networks are built from weights, so that `weightFormat` and `variant` apply to it. */
  readonly isBuilt: boolean;
  /** Which of a folder's weights were found; undefined where there is no choice of them. */
  readonly found?: VariantWeights | undefined;
  /** @returns decoder and, unless an old export lacks it, encoder */
  components(scaleFactor: ScaleFactor): ComponentExport[];
}

/** How its weights are read. */
export interface VaeOptions {
  readonly weightFormat?: WeightFormat | undefined;
  readonly variant?: string | undefined;
}

/** Of UNets whose configuration does not say. */
const DEFAULT_LATENT_CHANNELS = 4;

/**
 * The networks of a VAE for a model.
 *
 * @param unet - what the config.json of the model's UNet says
 * @param path - of the model, for messages
 * @throws ModelLoadError `INCOMPATIBLE_COMPONENTS` where the UNet's latents are not the VAE's
 */
export function replaceVae(
  vae: ReplacementVae,
  unet: Readonly<Record<string, unknown>>,
  path: string,
  scaleFactor: ScaleFactor,
): ComponentExport[] {
  const { out_channels: channels } = unet;
  const predicted = typeof channels === 'number' ? channels : DEFAULT_LATENT_CHANNELS;
  if (predicted === vae.latentChannels) return vae.components(scaleFactor);
  throw new ModelLoadError(
    'INCOMPATIBLE_COMPONENTS',
    `The UNet of ${path} predicts ${predicted} latent channels but the VAE in ${vae.path} has ${vae.latentChannels}`,
  );
}

/** An index that names the class of the VAE that replaces the model's own. */
export function withVae(index: ModelIndex, vae: ReplacementVae | undefined): ModelIndex {
  return vae ? { ...index, vae: ['diffusers', vaeClassOf(vae.config)] } : index;
}

function vaeClassOf({ raw }: NetworkConfig): 'AutoencoderKL' | 'AutoencoderTiny' {
  return raw._class_name === 'AutoencoderTiny' ? 'AutoencoderTiny' : 'AutoencoderKL';
}

/**
 * What models need to know of a VAE's configuration, checked.
 *
 * @throws ModelLoadError `UNSUPPORTED` for another class, `CONFIG_INVALID`
 */
export function vaeSizes(config: NetworkConfig): Pick<ReplacementVae, 'scaleFactor' | 'latentChannels'> {
  if (vaeClassOf(config) === 'AutoencoderTiny') {
    const tiny = checkNetworkConfig(config, autoencoderTinyConfigSchema, TINY_VAE_SUPPORTED);
    return sizes(tiny.decoder_block_out_channels, tiny.latent_channels);
  }
  const checked = checkNetworkConfig(config, autoencoderKlConfigSchema, VAE_SUPPORTED);
  return sizes(checked.block_out_channels, checked.latent_channels);
}

/** The networks of a VAE of either class. */
export function exportsOf(weights: NetworkWeights, scaleFactor: ScaleFactor): ComponentExport[] {
  return vaeClassOf(weights.config) === 'AutoencoderTiny'
    ? tinyVaeExports(weights)
    : vaeExports(weights, scaleFactor);
}

function sizes(levels: readonly number[], latentChannels: number) {
  return { scaleFactor: 2 ** (levels.length - 1), latentChannels };
}
