import { describe, expect, it } from 'vitest';

import { parsePipelineOptions, parseSingleFileOptions } from '../../../lib/pipelines/pipeline-options.js';
import { DDIMScheduler, Scheduler } from '../../../lib/schedulers/index.js';

/** Right values of options that both ways of loading have. */
const common: [string, unknown][] = [
  ['scheduler', new DDIMScheduler()],
  ['scheduler', DDIMScheduler],
  ['inferencePrecision', 'bf16'],
  ['device', 'GPU.1'],
  ['ovConfig', { INFERENCE_NUM_THREADS: 4 }],
  ['cacheDir', 'cache'],
  ['scratchDir', 'scratch'],
  ['maxCompiledShapes', 1],
  ['strictShapes', true],
  ['onProgress', () => undefined],
  ['signal', new AbortController().signal],
  ['weightFormat', 'int8'],
  ['clipSkip', 2],
];

const wrongInCommon: [string, unknown, string][] = [
  ['scheduler', 'ddim', 'a Scheduler or a scheduler class'],
  ['scheduler', {}, 'a Scheduler or a scheduler class'],
  ['scheduler', Scheduler, 'a Scheduler or a scheduler class'],
  ['scheduler', null, 'a Scheduler or a scheduler class'],
  ['inferencePrecision', 'int3', 'one of bf16, f32, f16'],
  ['device', '', 'the name of an OpenVINO device'],
  ['device', 0, 'the name of an OpenVINO device'],
  ['ovConfig', [], 'an object of OpenVINO properties'],
  ['ovConfig', 'fast', 'an object of OpenVINO properties'],
  ['cacheDir', '', 'a path'],
  ['scratchDir', true, 'a path'],
  ['maxCompiledShapes', 0, 'integer between 1 and 64'],
  ['maxCompiledShapes', 1.5, 'integer between 1 and 64'],
  ['strictShapes', 'yes', 'a boolean'],
  ['onProgress', {}, 'a function'],
  ['signal', {}, 'an AbortSignal'],
  ['weightFormat', 'fp8', 'one of '],
  ['clipSkip', -1, 'integer between 0 and 64'],
];

const misspeltInCommon: [string, string][] = [
  ['schduler', 'scheduler'],
  ['inference_precision', 'inferencePrecision'],
  ['Device', 'device'],
  ['ov_config', 'ovConfig'],
  ['cache_dir', 'cacheDir'],
  ['scratch_dir', 'scratchDir'],
  ['maxCompiledShape', 'maxCompiledShapes'],
  ['strictShape', 'strictShapes'],
  ['onprogress', 'onProgress'],
  ['weight_format', 'weightFormat'],
  ['clip_skip', 'clipSkip'],
];

const ways = [
  {
    subject: 'fromPretrained',
    parse: parsePipelineOptions,
    right: [
      ...common,
      ['revision', 'refs/pr/1'],
      ['token', false],
      ['hubCacheDir', 'hub'],
      ['localFilesOnly', true],
      ['export', false],
      ['variant', 'fp16'],
      ['safetyChecker', null],
    ] as [string, unknown][],
    wrong: [
      ...wrongInCommon,
      ['revision', '', 'a branch, a tag or a commit'],
      ['hubCacheDir', '', 'a path'],
      ['localFilesOnly', 1, 'a boolean'],
      ['export', 'yes', 'a boolean'],
      ['variant', '../x', "a variant's name such as 'fp16'"],
      ['safetyChecker', false, 'null'],
    ] as [string, unknown, string][],
    misspelt: [
      ...misspeltInCommon,
      ['hub_cache_dir', 'hubCacheDir'],
      ['local_files_only', 'localFilesOnly'],
      ['varient', 'variant'],
      ['safety_checker', 'safetyChecker'],
    ] as [string, string][],
  },
  {
    subject: 'fromSingleFile',
    parse: parseSingleFileOptions,
    right: [...common, ['predictionType', 'v_prediction'], ['config', 'folder'], ['tokenizer', 'folder']] as [
      string,
      unknown,
    ][],
    wrong: [
      ...wrongInCommon,
      ['predictionType', 'noise', "'epsilon'"],
      ['config', {}, 'a path'],
      ['tokenizer', '', 'a path'],
    ] as [string, unknown, string][],
    misspelt: [...misspeltInCommon, ['prediction_type', 'predictionType'], ['tokeniser', 'tokenizer']] as [
      string,
      string,
    ][],
  },
];

describe.each(ways)('options of $subject', ({ subject, parse, right, wrong, misspelt }) => {
  it.each(right)('take %s: %o', (name, value) => {
    const parsed = parse({ [name]: value }) as Record<string, unknown>;
    expect(parsed[name]).toBe(value);
    expect(parse({ [name]: undefined })).toEqual({});
  });

  it.each(wrong)('refuse %s: %o', (name, value, expected) => {
    expect(() => parse({ [name]: value })).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringMatching(`^Expected ${expected}.* for ${name} but received `) as string,
      }),
    );
  });

  it.each(misspelt)('refuse %s, and suggest %s', (name, meant) => {
    expect(() => parse({ [name]: undefined })).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_OPTION',
        message: `Unknown option '${name}' for ${subject}. Did you mean '${meant}'?`,
      }),
    );
  });

  it.each([null, 5, 'f32', []])('are an object, not %j', (options) => {
    expect(() => parse(options as never)).toThrow(`an object for the options of ${subject}`);
  });
});

it('a token that is none is refused without being quoted', () => {
  for (const token of ['hf_secret with spaces', 'hf_secret\n', '', 5, true]) {
    expect(() => parsePipelineOptions({ token: token as string })).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.not.stringContaining('hf_secret') as string,
      }),
    );
  }
});

it('options of one way of loading are unknown to the other', () => {
  expect(() => parseSingleFileOptions({ revision: 'main' } as never)).toThrow("Unknown option 'revision'");
  expect(() => parsePipelineOptions({ predictionType: 'epsilon' } as never)).toThrow(
    "Unknown option 'predictionType'",
  );
});
