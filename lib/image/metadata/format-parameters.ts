import { defined } from '../../common/defined.js';
import { FIELD, knownFields, plainFields, writeConfig, type Field } from './fields.js';
import { quoteValue, splitInfotext } from './infotext.js';
import type { GenerationParameters } from './parameters.js';
import { samplerNames } from './samplers.js';

type Fields = Record<string, string | undefined>;

/**
 * Formats parameters as AUTOMATIC1111's web UI (1.9 and later) embeds them in images, its "infotext": the prompt, the
 * negative prompt on a separate line, and a last line of `name: value` fields. Undefined values are left out. Parameters
 * that the web UI lacks are the fields "Scheduler config" (JSON), "Prompt weighting", "Long prompts",
 * "Inference precision" and "Weight format".
 *
 * {@link parseParameters} reads the same parameters back. A prompt that the format cannot hold as it is, such as one
 * with a line that starts with "Negative prompt:", is repeated as a field, which the web UI reads as well.
 *
 * @example
 * formatParameters({ prompt: 'a cat', numInferenceSteps: 20, scheduler: 'EulerDiscreteScheduler', seed: 7 });
 * // 'a cat\nSteps: 20, Sampler: Euler, Seed: 7'
 */
export function formatParameters(parameters: GenerationParameters): string {
  const { prompt, negativePrompt = '' } = parameters;
  const { Version: version, ...fields } = fieldsOf(parameters);
  const withFields = (more: Fields): string =>
    textOf(prompt, negativePrompt, {
      ...fields,
      ...more,
      ...(version !== undefined && { Version: version }),
    });

  const text = withFields({});
  const read = splitInfotext(text, knownFields);
  if (read.prompt === prompt && read.negativePrompt === negativePrompt) return text;
  // A prompt without parameters is not given fields only because of white space around it.
  const isAlone = negativePrompt === '' && version === undefined && Object.keys(fields).length === 0;
  if (isAlone && read.prompt === prompt.trim()) return text;
  return withFields({
    ...(read.prompt !== prompt && { [FIELD.prompt]: prompt }),
    ...(read.negativePrompt !== negativePrompt && { [FIELD.negativePrompt]: negativePrompt }),
  });
}

function textOf(prompt: string, negativePrompt: string, fields: Fields): string {
  const pairs = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${quoteValue(value)}`],
  );
  const lines = [prompt];
  if (negativePrompt) lines.push(`${FIELD.negativePrompt}: ${negativePrompt}`);
  lines.push(pairs.join(', '));
  return lines.join('\n').trim();
}

/** The fields in the web UI's order. */
function fieldsOf(parameters: GenerationParameters): Fields {
  const { scheduler, schedulerConfig, width, height, eta, otherFields = {} } = parameters;
  const names = scheduler === undefined ? undefined : samplerNames(scheduler, schedulerConfig);
  const { Steps: steps, ...rest } = plainFieldsOf(parameters);
  const own = defined({
    Steps: steps,
    [FIELD.sampler]: names?.sampler,
    [FIELD.scheduleType]: names?.scheduleType ?? parameters.scheduleType,
    'CFG scale': rest['CFG scale'],
    Seed: rest.Seed,
    [FIELD.size]: width && height ? `${width}x${height}` : undefined,
    ...rest,
    [scheduler === 'DDIMScheduler' ? FIELD.etaDdim : FIELD.eta]: eta ? String(eta) : undefined,
    [FIELD.schedulerConfig]: writeConfig(names?.rest ?? schedulerConfig ?? {}),
  });
  const others = Object.entries(otherFields).filter(
    ([name]) => isFieldName(name) && !Object.hasOwn(own, name),
  );
  return { ...own, ...Object.fromEntries(others) };
}

function plainFieldsOf(parameters: GenerationParameters): Fields {
  const entries = Object.entries(plainFields) as [keyof typeof plainFields, Field<unknown>][];
  return defined(
    Object.fromEntries(
      entries.map(([key, { name, write }]) => {
        const value = parameters[key];
        return [name, value === undefined ? undefined : write(value)];
      }),
    ),
  );
}

/** Whether the format can hold a field of this name. */
function isFieldName(name: string): boolean {
  const isPrompt = name === FIELD.prompt || name === FIELD.negativePrompt;
  return !isPrompt && /^[\p{L}\p{N}_][\p{L}\p{N}_ /-]{1,60}$/u.test(name);
}
