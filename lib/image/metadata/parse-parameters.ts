import { wrongValue } from '../../common/options.js';
import { FIELD, knownFields, plainFields, readConfig, readNumber, readSize, type Field } from './fields.js';
import { splitInfotext } from './infotext.js';
import type { GenerationParameters } from './parameters.js';
import { schedulerOfSampler, type SamplerScheduler } from './samplers.js';

/**
 * Parses parameters that {@link formatParameters} or AUTOMATIC1111's web UI wrote. Unknown fields and invalid values are
 * kept as text in `otherFields`.
 *
 * @throws InvalidArgumentError when `text` is not a string
 *
 * @example
 * const text = await readParameters('lighthouse.png');
 * const { prompt, scheduler, schedulerConfig, ...options } = parseParameters(text ?? '');
 */
export function parseParameters(text: string): GenerationParameters {
  if (typeof text !== 'string') throw wrongValue('a string', 'text', text);
  const { prompt, negativePrompt, fields } = splitInfotext(text, knownFields);
  const left = new Map(fields);
  const take = <Value>(name: string, read: (text: string) => Value | undefined): Value | undefined => {
    const value = left.get(name);
    const result = value === undefined ? undefined : read(value);
    if (result !== undefined) left.delete(name);
    return result;
  };
  const asText = (value: string): string => value;

  const actualNegative = take(FIELD.negativePrompt, asText) ?? negativePrompt;
  const { config, ...scheduler } = readScheduler(
    take(FIELD.sampler, asText),
    take(FIELD.scheduleType, asText),
  );
  const schedulerConfig = { ...config, ...take(FIELD.schedulerConfig, readConfig) };
  const eta = take(FIELD.etaDdim, readNumber) ?? take(FIELD.eta, readNumber);
  const parameters: Partial<Record<keyof GenerationParameters, unknown>> = {
    prompt: take(FIELD.prompt, asText) ?? prompt,
    ...(actualNegative !== '' && { negativePrompt: actualNegative }),
    ...scheduler,
    ...(Object.keys(schedulerConfig).length > 0 && { schedulerConfig }),
    ...take(FIELD.size, readSize),
    ...(eta !== undefined && { eta }),
  };
  for (const [key, { name, read }] of Object.entries(plainFields) as [
    keyof typeof plainFields,
    Field<unknown>,
  ][]) {
    const value = take(name, read);
    if (value !== undefined) parameters[key] = value;
  }
  if (left.size > 0) parameters.otherFields = Object.fromEntries(left);
  return parameters as unknown as GenerationParameters;
}

function readScheduler(
  sampler: string | undefined,
  scheduleType: string | undefined,
): Partial<SamplerScheduler> {
  if (sampler !== undefined) return schedulerOfSampler(sampler, scheduleType);
  return scheduleType === undefined ? {} : { scheduleType };
}
