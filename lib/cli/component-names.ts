/** Components are named as diffusers names them everywhere else; people read these. */
const NAMES: Readonly<Record<string, string>> = {
  controlnet: 'ControlNet',
  feature_extractor: 'feature extractor',
  image_encoder: 'image encoder',
  safety_checker: 'safety checker',
  text_encoder: 'text encoder',
  text_encoder_2: 'second text encoder',
  tokenizer_2: 'second tokenizer',
  unet: 'UNet',
  vae: 'VAE',
  vae_decoder: 'VAE decoder',
  vae_encoder: 'VAE encoder',
};

/** A component's name for people. */
export function componentName(component: string): string {
  return NAMES[component] ?? component.replaceAll('_', ' ');
}
