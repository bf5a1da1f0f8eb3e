import { samplerNames } from '../../lib/image/metadata/samplers.js';
import { schedulerChoices } from '../../lib/cli/schedulers.js';
import { schedulerClassNames } from '../../lib/schedulers/index.js';
import { schedulerClass } from '../../lib/schedulers/registry.js';
import { fails, readSuites, runCase, type Suite } from './scheduler-suite.js';

const HEADINGS = [
  'class',
  '`--scheduler`',
  'web UI',
  'predictions',
  'features',
  'cases',
  'largest deviation',
];
const SPACINGS = {
  useKarrasSigmas: 'Karras',
  useExponentialSigmas: 'exponential',
  useBetaSigmas: 'beta',
  useLuLambdas: 'Lu',
  useFlowSigmas: 'flow',
};
const PREDICTIONS = {
  epsilon: 'ε',
  sample: 'sample',
  v_prediction: 'v',
  flow_prediction: 'flow',
};

/**
 * The table of docs/schedulers.md: every class with its names and features, and how far it is from diffusers in the
 * cases of test/reference/scheduler_suites.
 *
 * @param document - the text of docs/schedulers.md, whose figures stay where they still hold: the last digits of what
 * is measured depend on the platform
 */
export function schedulerTable(document: string): string {
  const suites = new Map(readSuites().map((suite) => [suite.className, suite]));
  const rows = [...schedulerClassNames].sort().map((className) => {
    const suite = suites.get(className);
    const deviation = suite && largestDeviation(suite);
    const stated = statedDeviation(document, className);
    return [
      `\`${className}\``,
      commandLineNames(className),
      webUiNames(className),
      predictions(className),
      features(className),
      suite ? String(suite.cases.length) : '',
      deviation === undefined ? '' : shown(deviation, stated),
    ];
  });
  return [HEADINGS, HEADINGS.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function largestDeviation(suite: Suite): number {
  const deviations = suite.cases.filter((entry) => !fails(entry)).map((entry) => runCase(suite, entry));
  return Math.max(
    ...deviations.flatMap(({ timesteps, sigmas, trajectory }) => [timesteps, sigmas, trajectory]),
  );
}

function statedDeviation(document: string, className: string): number | undefined {
  const row = document.split('\n').find((line) => line.startsWith(`| \`${className}\``));
  const value = Number(row?.split('|').at(-2));
  return value > 0 ? value : undefined;
}

/** Rounded up to one digit. */
function shown(deviation: number, stated: number | undefined): string {
  if (stated !== undefined && deviation <= stated && deviation > stated / 2) return stated.toExponential(0);
  const unit = 10 ** Math.floor(Math.log10(deviation));
  return (Math.ceil(deviation / unit) * unit).toExponential(0);
}

function commandLineNames(className: string): string {
  const names = schedulerChoices.filter((choice) => choice.className === className);
  return names.map(({ name }) => `\`${name}\``).join(', ');
}

function webUiNames(className: string): string {
  const configs = [
    {},
    ...schedulerChoices.filter((choice) => choice.className === className).map(({ config }) => config),
  ];
  const names = configs.map((config) => samplerNames(className, config).sampler);
  return [...new Set(names)].filter((name) => name !== className).join(', ');
}

function shapeOf(className: string): Record<string, { safeParse: (value: unknown) => { success: boolean } }> {
  return schedulerClass(className).definition.schema.shape;
}

function predictions(className: string): string {
  const { predictionType } = shapeOf(className);
  const accepted = Object.entries(PREDICTIONS).filter(([name]) => predictionType?.safeParse(name).success);
  return accepted.map(([, label]) => label).join(', ');
}

function features(className: string): string {
  const shape = shapeOf(className);
  const has = (key: string): boolean => Object.hasOwn(shape, key);
  const spacings = Object.entries(SPACINGS).filter(([key]) => has(key));
  const custom = schedulerClass(className).definition.timestepOptions ?? [];
  return [
    ...(spacings.length > 0 ? [`σ: ${spacings.map(([, label]) => label).join(', ')}`] : []),
    ...(has('timestepSpacing') ? ['spacings'] : []),
    ...(has('rescaleBetasZeroSnr') ? ['zero SNR'] : []),
    ...(has('thresholding') ? ['thresholding'] : []),
    ...custom.filter((name) => name === 'timesteps' || name === 'sigmas').map((name) => `\`${name}\``),
  ].join('; ');
}
