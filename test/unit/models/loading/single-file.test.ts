import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { beforeAll, describe, expect, it, vi } from 'vitest';

import {
  exportPipeline,
  exportSingleFile,
  type ComponentName,
  type SingleFileExport,
  type SingleFileExportOptions,
} from '../../../../lib/models/index.js';
import { schedulerFromConfig } from '../../../../lib/schedulers/index.js';
import { count, readFullSize, writeHollow, zeros, type TinyModel } from '../../../support/checkpoints.js';
import { changed, newFile, unchanged, withMore } from '../../../support/changed-checkpoints.js';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/export');
const TOKENIZER = join(FIXTURES, 'sd1/tokenizer');
const fullSize = await readFullSize();

function configOf({ components }: SingleFileExport, name: ComponentName): Record<string, unknown> {
  return components.find((component) => component.name === name)!.config;
}

async function buildAll({ components }: SingleFileExport): Promise<void> {
  for (const { build } of components) (await build()).dispose();
}

/** What its networks say when they are built, one line each for those that cannot be. */
async function failures(path: string, model: TinyModel = 'sd1', code = 'MODEL_CORRUPT'): Promise<string> {
  const { components } = await exportSingleFile(path, { config: join(FIXTURES, model) });
  const messages: string[] = [];
  for (const { build } of components) {
    try {
      (await build()).dispose();
    } catch (error) {
      expect(error).toMatchObject({ name: 'ModelLoadError', code });
      messages.push((error as Error).message);
    }
  }
  return messages.join('\n');
}

const TINY = { sd15: 'sd1', sd21: 'sd2', sdxl: 'sdxl', refiner: 'sdxl' } as const;
const SCHEDULERS = {
  sd15: 'PNDMScheduler',
  sd21: 'DDIMScheduler',
  sdxl: 'EulerDiscreteScheduler',
  refiner: 'EulerDiscreteScheduler',
} as const;

describe.each([
  ['sd15', 'StableDiffusionPipeline'],
  ['sd21', 'StableDiffusionPipeline'],
  ['sdxl', 'StableDiffusionXLPipeline'],
  ['refiner', 'StableDiffusionXLImg2ImgPipeline'],
] as const)('a checkpoint of full size (%s)', (name, className) => {
  const expected = fullSize[name];
  let model: SingleFileExport;

  beforeAll(async () => {
    model = await exportSingleFile(await writeHollow(newFile(), expected.shapes));
  });

  /** diffusers names what a model does without, too. */
  const present = (config: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null));

  it('is told by its shapes, with the configurations that diffusers gives it', () => {
    expect(model.index._class_name).toBe(className);
    expect(configOf(model, 'unet')).toMatchObject(present(expected.unet));
    expect(configOf(model, 'vae_decoder')).toMatchObject(present(expected.vae));
    for (const text of ['text_encoder', 'text_encoder_2'] as const) {
      expect(model.components.some((component) => component.name === text)).toBe(text in expected);
      if (expected[text]) expect(configOf(model, text)).toMatchObject(expected[text]);
    }
  });

  it('has all that its networks need, and nothing they do not', async () => {
    await expect(buildAll(model)).resolves.toBeUndefined();
  });

  it.each(['None', '875000'] as const)(
    'has the scheduler that diffusers gives it after %s steps of training',
    async (steps) => {
      const path = await changed(TINY[name], (tensors) => {
        if (steps !== 'None') tensors.set('global_step', count(Number(steps)));
      });
      const { schedulerConfig } = await exportSingleFile(path, { tokenizer: TOKENIZER });
      const scheduler = schedulerFromConfig(schedulerConfig, path);
      expect(scheduler.className).toBe(SCHEDULERS[name]);
      const { clip_sample: clipSample, ...rest } = expected.schedulers[steps];
      expect(scheduler.toJSON()).toMatchObject(rest);
      expect(schedulerConfig.clip_sample).toBe(clipSample);
    },
  );
});

describe('what a checkpoint does not tell', () => {
  const exported = async (
    model: TinyModel,
    options: SingleFileExportOptions = {},
  ): Promise<SingleFileExport> =>
    exportSingleFile(await unchanged(model), {
      tokenizer: TOKENIZER,
      ...options,
    });

  it('can be said: what its UNet predicts', async () => {
    const { schedulerConfig } = await exported('sd1', { predictionType: 'v_prediction' });
    expect(schedulerConfig.prediction_type).toBe('v_prediction');
    const described = await exported('sd2', { predictionType: 'epsilon', config: join(FIXTURES, 'sd2') });
    expect(described.schedulerConfig).toMatchObject({ prediction_type: 'epsilon', beta_schedule: 'linear' });
  });

  it('makes 2.x a model for 768 pixels, or for 512 where it predicts noise', async () => {
    const side = async (options: SingleFileExportOptions): Promise<unknown> =>
      configOf(await exported('sd2', options), 'vae_decoder').sample_size;
    expect(await side({})).toBe(768);
    expect(await side({ predictionType: 'epsilon' })).toBe(512);
  });

  it.each(['sd1', 'sd2', 'inpaint', 'sdxl'] as const)(
    'is all that differs from its folder in diffusers (%s)',
    async (model) => {
      const inferred = await exported(model);
      const described = await exportPipeline(join(FIXTURES, model));
      const untold =
        /head|scaling|time_embed_dim|transformer_layers|groups|sample_size|upcast|token_id|projection_dim|^_|dtype|version/;
      for (const { name, config } of described.components) {
        const own = configOf(inferred, name);
        for (const [key, value] of Object.entries(config)) {
          if (value === null || untold.test(key) || !(key in own)) continue;
          expect({ name, [key]: own[key] }).toEqual({ name, [key]: value });
        }
      }
      expect(inferred.index._class_name).toBe(described.index._class_name);
    },
  );

  it('is taken from a folder, its scheduler and tokenizer too', async () => {
    const config = join(FIXTURES, 'sd2');
    const path = await unchanged('sd2');
    const { components, schedulerConfig, tokenizers, index } = await exportSingleFile(path, { config });
    const described = await exportPipeline(config);
    expect(components.map((component) => component.config)).toEqual(
      described.components.map((component) => component.config),
    );
    const scheduler = await readFile(join(config, 'scheduler/scheduler_config.json'), 'utf8');
    expect(schedulerConfig).toEqual(JSON.parse(scheduler));
    expect(tokenizers).toEqual({ tokenizer: { folder: join(config, 'tokenizer') } });
    expect(index).toEqual(described.index);
  });
});

describe('a checkpoint may', () => {
  it('spell its text encoder without text_model', async () => {
    const path = await changed('sd1', (tensors) => {
      for (const [key, tensor] of [...tensors]) {
        if (!key.includes('.text_model.')) continue;
        tensors.delete(key);
        tensors.set(key.replace('.text_model.', '.'), tensor);
      }
    });
    expect(await failures(path)).toBe('');
    const { components } = await exportSingleFile(path, { tokenizer: TOKENIZER });
    expect(components[0]!.config).toMatchObject({ hidden_size: 32, num_hidden_layers: 3 });
  });

  it('hold what its training left behind', async () => {
    const text = 'cond_stage_model.transformer';
    const path = await withMore(
      'sd1',
      ...['betas', 'alphas_cumprod', 'sqrt_alphas_cumprod', 'model_ema.decay', 'model_ema.num_updates'],
      ...['model_ema.diffusion_modelinput_blocks00weight', 'cond_stage_model.logit_scale', 'logvar'],
      ...[
        `${text}.text_model.embeddings.position_ids`,
        `${text}.logit_scale`,
        `${text}.text_projection.weight`,
      ],
      ...[`${text}.vision_model.embeddings.class_embedding`, `${text}.visual_projection.weight`],
      ...['first_stage_model.loss.logvar', 'first_stage_model.model_ema.decay'],
    );
    expect(await failures(path)).toBe('');
  });

  it("hold what diffusers leaves out of OpenCLIP's text encoder", async () => {
    const text = 'cond_stage_model.model';
    const path = await withMore(
      'sd2',
      ...[
        `${text}.transformer.resblocks.23.ln_1.weight`,
        `${text}.transformer.resblocks.23.attn.in_proj_weight`,
      ],
      ...[`${text}.text_projection`, `${text}.logit_scale`, `${text}.attn_mask`, `${text}.visual.proj`],
    );
    expect(await failures(path, 'sd2')).toBe('');
  });

  it('be of 24 layers of OpenCLIP, of which 23 count', async () => {
    const path = await changed('sd2', (tensors) => {
      for (let layer = 3; layer < 24; layer++) {
        for (const [key, tensor] of [...tensors]) {
          if (key.includes('.resblocks.0.')) tensors.set(key.replace('.0.', `.${layer}.`), tensor);
        }
      }
    });
    const { components } = await exportSingleFile(path, { tokenizer: TOKENIZER });
    expect(components[0]!.config.num_hidden_layers).toBe(23);
    (await components[0]!.build()).dispose();
  });

  it("have its VAE's attention as matrices", async () => {
    const path = await changed('sd1', (tensors) => {
      for (const [key, tensor] of tensors) {
        if (/attn_1\.(q|k|v|proj_out)\.weight/.test(key)) {
          expect(tensor.shape).toHaveLength(4);
          tensor.shape = tensor.shape.slice(0, 2);
        }
      }
    });
    expect(await failures(path)).toBe('');
  });
});

describe('weights of a checkpoint that do not fit', () => {
  it('are told where the configurations are of another model', async () => {
    expect(await failures(await unchanged('inpaint'))).toMatch(
      /input_blocks\.0\.0\.weight has shape \[8, 9, 3, 3\], not \[8, 4, 3, 3\]/,
    );
  });

  it('are listed together under its own names', async () => {
    const unet = 'model.diffusion_model';
    const path = await changed('sd1', (tensors) => {
      tensors.delete(`${unet}.input_blocks.1.0.in_layers.0.bias`);
      tensors.get(`${unet}.out.2.weight`)!.shape = [8, 4, 3, 3];
      tensors.set(`${unet}.input_blocks.1.0.surplus`, zeros(2));
    });
    const told = await failures(path);
    expect(told).toMatch(
      /missing:\n {2}model\.diffusion_model\.input_blocks\.1\.0\.in_layers\.0\.bias \[8\]/,
    );
    expect(told).toMatch(
      /model\.diffusion_model\.out\.2\.weight has shape \[8, 4, 3, 3\], not \[4, 8, 3, 3\]/,
    );
    expect(told).toMatch(/unknown to this network:\n {2}model\.diffusion_model\.input_blocks\.1\.0\.surplus/);
    expect(told.match(/do not fit/g)).toHaveLength(1);
  });

  it('are told once where several are stored as one', async () => {
    const layer = 'cond_stage_model.model.transformer.resblocks.1.attn';
    const path = await changed('sd2', (tensors) => {
      tensors.delete(`${layer}.in_proj_bias`);
      tensors.get(`${layer}.in_proj_weight`)!.shape = [32, 96];
    });
    const told = await failures(path, 'sd2');
    expect(told.split(`${layer}.in_proj_bias [96]`)).toHaveLength(2);
    expect(told.split(`${layer}.in_proj_weight has shape [32, 96], not [96, 32]`)).toHaveLength(2);
  });

  it.each([
    ['VAE', 'first_stage_model.decoder.surplus.weight'],
    ['text encoder', 'cond_stage_model.transformer.text_model.encoder.layers.3.surplus'],
  ])('may have unknown ones of the %s beside them, which are a warning', async (_, key) => {
    const warning = vi.spyOn(process, 'emitWarning').mockReturnValue();
    expect(await failures(await withMore('sd1', key))).toBe('');
    const [message, options] = warning.mock.calls[0] ?? [];
    warning.mockRestore();
    expect(message).toContain(key);
    expect(options).toMatchObject({ code: 'UNEXPECTED_WEIGHTS' });
  });

  it('are of types that no network has', async () => {
    const key = 'first_stage_model.decoder.conv_in.weight';
    const path = await changed('sd1', (tensors) => {
      tensors.get(key)!.dtype = 'I16';
    });
    expect(await failures(path, 'sd1', 'UNSUPPORTED')).toContain(`${key} is stored as I16`);
  });

  it.each([
    'model.diffusion_model.input_blocks.0.0.weight',
    'model.diffusion_model.middle_block.1.transformer_blocks.0.attn2.to_k.weight',
    'first_stage_model.encoder.conv_in.weight',
    'cond_stage_model.transformer.text_model.embeddings.token_embedding.weight',
  ])('are those that tell how large it is: %s', async (key) => {
    const path = await changed('sd1', (tensors) => {
      tensors.delete(key);
    });
    await expect(exportSingleFile(path, { tokenizer: TOKENIZER })).rejects.toMatchObject({
      code: 'MODEL_CORRUPT',
      message: expect.stringContaining(key) as string,
    });
  });
});
