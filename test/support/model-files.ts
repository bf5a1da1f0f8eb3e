import type { Files } from './fake-hub.js';

/** Large enough to be cut in the middle; no two places look alike. */
export const unetBytes = Buffer.from(Uint32Array.from({ length: 5000 }, (_, i) => i * 2654435761).buffer);

const weights = (seed: number): Buffer =>
  Buffer.from(Uint32Array.from({ length: 500 }, (_, i) => i * seed).buffer);

const index = {
  _class_name: 'StableDiffusionPipeline',
  scheduler: ['diffusers', 'PNDMScheduler'],
  safety_checker: [null, null],
  text_encoder: ['transformers', 'CLIPTextModel'],
  tokenizer: ['transformers', 'CLIPTokenizer'],
  unet: ['diffusers', 'UNet2DConditionModel'],
  vae: ['diffusers', 'AutoencoderKL'],
};

/** A repository as Stable Diffusion's are: weights in every format there is, and two checkpoints beside them. */
export const modelFiles: Files = {
  '.gitattributes': '*.safetensors filter=lfs',
  'README.md': '# A model',
  'model_index.json': JSON.stringify(index),
  'v1-5-pruned.safetensors': weights(3),
  'v1-5-pruned.ckpt': weights(5),
  'scheduler/scheduler_config.json': '{"_class_name": "PNDMScheduler"}',
  'text_encoder/config.json': '{"architectures": ["CLIPTextModel"]}',
  'text_encoder/model.safetensors': weights(7),
  'text_encoder/model.fp16.safetensors': weights(11),
  'text_encoder/pytorch_model.bin': weights(13),
  'tokenizer/merges.txt': '#version: 0.2\n',
  'tokenizer/special_tokens_map.json': '{}',
  'tokenizer/tokenizer_config.json': '{"model_max_length": 77}',
  'tokenizer/vocab.json': '{"a": 0}',
  'unet/config.json': '{"sample_size": 64}',
  'unet/diffusion_pytorch_model.bin': weights(17),
  'unet/diffusion_pytorch_model.fp16.safetensors': weights(19),
  'unet/diffusion_pytorch_model.non_ema.safetensors': weights(23),
  'unet/diffusion_pytorch_model.safetensors': unetBytes,
  'vae/config.json': '{"sample_size": 512}',
  'vae/diffusion_pytorch_model.fp16.safetensors': weights(29),
  'vae/diffusion_pytorch_model.safetensors': weights(31),
};
