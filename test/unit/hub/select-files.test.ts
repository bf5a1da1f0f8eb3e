import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import reference from '../../fixtures/reference/variant_files.json' with { type: 'json' };
import { selectFiles, type FileSelection } from '../../../lib/hub/select-files.js';

const named = (...names: string[]): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, ['a library', 'AClass']]));
const INDEX = {
  _class_name: 'StableDiffusionPipeline',
  ...named('text_encoder', 'tokenizer', 'unet', 'vae'),
};

const CONFIGS = ['model_index.json', 'text_encoder/config.json', 'unet/config.json', 'vae/config.json'];
const WEIGHTS = [
  'text_encoder/model.safetensors',
  'unet/diffusion_pytorch_model.safetensors',
  'vae/diffusion_pytorch_model.safetensors',
];
const NETWORKS = ['text_encoder', 'unet', 'vae_decoder'].flatMap((folder) => [
  `${folder}/openvino_model.bin`,
  `${folder}/openvino_model.xml`,
]);
const PLAIN = [...CONFIGS, ...WEIGHTS];

function choose(paths: readonly string[], choice: FileSelection = {}, index: object = INDEX): string[] {
  return selectFiles({ id: 'org/model', paths, index: { ...index } }, choice).sort();
}

const refusal = (code: string, words: RegExp): Error =>
  expect.objectContaining({ code, message: expect.stringMatching(words) as string }) as Error;

function refused(paths: readonly string[], choice: FileSelection = {}, index: object = INDEX): unknown {
  try {
    return choose(paths, choice, index);
  } catch (error) {
    return error;
  }
}

describe('the files of a pipeline', () => {
  it('are configurations and weights', () => {
    expect(choose(PLAIN)).toEqual([...PLAIN].sort());
  });

  it.each([
    'README.md',
    'v1-5-pruned-emaonly.safetensors',
    'v1-5-pruned.ckpt',
    'unet/diffusion_pytorch_model.bin',
    'unet/diffusion_flax_model.msgpack',
    'unet/model.onnx',
    'unet/weights.pb',
    'text_encoder/model.fp16.safetensors',
    'text_encoder/flax_model.msgpack',
    'unet/diffusion_pytorch_model.non_ema.safetensors',
    'unet/diffusion_pytorch_model.bin.index.json',
    'unet/more/config.json',
    'vae_decoder/model.onnx',
    'safety_checker/model.safetensors',
    'safety_checker/config.json',
    'image_encoder/model.safetensors',
    'tokenizer/image.png',
  ])('are without %s', (path) => {
    expect(choose([...PLAIN, path])).not.toContain(path);
  });

  it.each([
    'scheduler/scheduler_config.json',
    'tokenizer/merges.txt',
    'tokenizer/tokenizer.json',
    'tokenizer_2/vocab.json',
    'feature_extractor/preprocessor_config.json',
  ])('are with %s', (path) => {
    expect(choose([...PLAIN, path])).toContain(path);
  });

  it('are with the safety checker’s where the model has one, since exports build it', () => {
    const paths = [...PLAIN, 'safety_checker/config.json', 'safety_checker/model.safetensors'];
    expect(choose(paths, {}, { ...INDEX, ...named('safety_checker') })).toEqual([...paths].sort());
    expect(choose(paths, {}, { ...INDEX, safety_checker: [null, null] })).toEqual([...PLAIN].sort());
  });

  it('are without the safety checker’s where it is not wanted, or only a pickle, which is no reason to fail', () => {
    const config = 'safety_checker/config.json';
    const index = { ...INDEX, ...named('safety_checker') };
    const paths = [...PLAIN, config, 'safety_checker/model.safetensors'];
    expect(choose(paths, { safetyChecker: null }, index)).toEqual([...PLAIN].sort());
    expect(choose([...PLAIN, config, 'safety_checker/pytorch_model.bin'], {}, index)).toEqual(
      [...PLAIN, config].sort(),
    );
  });

  it('never come from outside the listing', () => {
    const pieces = fc.constantFrom(...PLAIN, ...NETWORKS, 'unet/diffusion_pytorch_model.fp16.safetensors');
    fc.assert(
      fc.property(fc.uniqueArray(pieces), fc.constantFrom(undefined, 'fp16'), (paths, variant) => {
        const all = ['model_index.json', ...paths];
        const chosen = refused(all, { variant });
        if (Array.isArray(chosen)) for (const path of chosen as string[]) expect(all).toContain(path);
        else
          expect(chosen).toMatchObject({
            code: expect.stringMatching(/^(MODEL_NOT_FOUND|UNSUPPORTED|INVALID_ARGUMENT)$/) as string,
          });
      }),
    );
  });
});

describe('a variant', () => {
  const fp16 = WEIGHTS.map((path) => path.replace('.safetensors', '.fp16.safetensors'));

  it('is taken instead of the weights without one', () => {
    expect(choose([...PLAIN, ...fp16], { variant: 'fp16' })).toEqual([...CONFIGS, ...fp16].sort());
  });

  it('that is not there is refused, with those that are', () => {
    expect(refused([...PLAIN, ...fp16], { variant: 'bf16' })).toEqual(
      refusal('MODEL_NOT_FOUND', /no 'bf16' weights of its text_encoder.*without one, 'fp16'/),
    );
    expect(refused([...CONFIGS, ...fp16])).toEqual(
      refusal('MODEL_NOT_FOUND', /no weights without a variant.*'fp16' \(option 'variant'\)/),
    );
  });

  it.each(reference)('is taken for the components that have it, as by diffusers: $name', (example) => {
    const { files, variant, selected } = example;
    const chosen = refused([...CONFIGS, ...files], { variant });
    if (selected === null) {
      expect(chosen).toEqual(refusal('MODEL_NOT_FOUND', /no 'fp16' weights/));
    } else {
      expect(chosen).toEqual([...CONFIGS, ...selected].sort());
    }
  });

  it('that is incomplete for a component is not mixed with it', () => {
    const name = 'unet/diffusion_pytorch_model';
    const shard = `${name}.fp16-00001-of-00002.safetensors`;
    const chosen = choose([...PLAIN, fp16[0]!, shard, `${name}.safetensors.index.fp16.json`], {
      variant: 'fp16',
    });
    expect(chosen.filter((path) => path.startsWith('unet/'))).toEqual(['unet/config.json', WEIGHTS[1]]);
  });
});

describe('weights in shards', () => {
  const others = PLAIN.filter((path) => path !== 'unet/diffusion_pytorch_model.safetensors');
  const name = 'unet/diffusion_pytorch_model';

  it.each([
    [
      'plain ones',
      undefined,
      [
        `${name}-00001-of-00002.safetensors`,
        `${name}-00002-of-00002.safetensors`,
        `${name}.safetensors.index.json`,
      ],
    ],
    [
      'those of a variant, as diffusers names them',
      'fp16',
      [
        `${name}-00001-of-00002.fp16.safetensors`,
        `${name}-00002-of-00002.fp16.safetensors`,
        `${name}.safetensors.index.fp16.json`,
      ],
    ],
    [
      'those of a variant, as transformers names them',
      'fp16',
      [
        `${name}.fp16-00001-of-00002.safetensors`,
        `${name}.fp16-00002-of-00002.safetensors`,
        `${name}.safetensors.fp16.index.json`,
      ],
    ],
  ])('are taken with their index: %s', (_, variant, shards) => {
    const rest = others.flatMap((path) => [path, path.replace('.safetensors', '.fp16.safetensors')]);
    const chosen = choose([...new Set(rest), ...shards], { variant });
    expect(chosen.filter((path) => path.startsWith(name))).toEqual([...shards].sort());
  });

  it.each([
    ['a shard', `${name}-00002-of-00002.safetensors`],
    ['the index', `${name}.safetensors.index.json`],
  ])('are refused without %s', (_, lost) => {
    const shards = [
      `${name}-00001-of-00002.safetensors`,
      `${name}-00002-of-00002.safetensors`,
      `${name}.safetensors.index.json`,
    ];
    expect(refused([...others, ...shards.filter((path) => path !== lost)])).toEqual(
      refusal('MODEL_NOT_FOUND', /unet, or not all of them/),
    );
  });
});

describe('OpenVINO networks', () => {
  const configs = [...CONFIGS.slice(0, 3), 'vae_decoder/config.json'];

  it('are taken where there are any, and weights left', () => {
    expect(choose([...PLAIN, ...NETWORKS, 'vae_decoder/config.json'])).toEqual(
      [...configs, ...NETWORKS].sort(),
    );
  });

  it('are taken with the safety checker, which optimum-intel has as weights', () => {
    const checker = ['safety_checker/config.json', 'safety_checker/model.safetensors'];
    const index = { ...INDEX, ...named('safety_checker') };
    const paths = [...configs, ...NETWORKS, ...checker];
    expect(choose(paths, {}, index)).toEqual([...paths].sort());
    expect(choose(paths, { safetyChecker: null }, index)).toEqual([...configs, ...NETWORKS].sort());
    expect(choose([...configs, ...NETWORKS], {}, index)).toEqual([...configs, ...NETWORKS].sort());
  });

  it('are left for an export', () => {
    expect(choose([...PLAIN, ...NETWORKS], { export: true })).toEqual([...PLAIN].sort());
  });

  it('are taken under their older name, with an encoder if there is one', () => {
    const older = [...NETWORKS, 'vae_encoder/openvino_model.xml', 'vae_encoder/openvino_model.bin'].map(
      (path) => path.replace('openvino_model', 'ov_model'),
    );
    expect(choose([...configs, ...older])).toEqual([...configs, ...older].sort());
  });

  it.each<[string, string[], FileSelection, string, RegExp]>([
    [
      'that are required, are refused where there are none',
      PLAIN,
      { export: false },
      'MODEL_NOT_FOUND',
      /OpenVINO network/,
    ],
    [
      'are refused when one is missing',
      [...configs, ...NETWORKS.filter((path) => path !== 'vae_decoder/openvino_model.bin')],
      {},
      'MODEL_NOT_FOUND',
      /vae_decoder/,
    ],
    [
      'have no variants',
      [...configs, ...NETWORKS],
      { variant: 'fp16' },
      'INVALID_ARGUMENT',
      /exported already/,
    ],
  ])('%s', (_, paths, choice, code, words) => {
    expect(refused(paths, choice)).toEqual(refusal(code, words));
  });
});

describe('a repository', () => {
  it('with nothing but pickles is refused, with the way out', () => {
    const pickles = [...CONFIGS, 'text_encoder/pytorch_model.bin', 'unet/diffusion_pytorch_model.bin'];
    expect(refused(pickles)).toEqual(refusal('UNSUPPORTED', /pickles.*save_pretrained/));
  });

  it('of another kind of model is refused', () => {
    expect(refused(PLAIN, {}, named('transformer', 'vae', 'text_encoder'))).toEqual(
      refusal('UNSUPPORTED', /has no unet/),
    );
  });

  it('without weights is refused', () => {
    expect(refused(CONFIGS)).toEqual(
      refusal('MODEL_NOT_FOUND', /no weights without a variant of its text_encoder/),
    );
  });
});
