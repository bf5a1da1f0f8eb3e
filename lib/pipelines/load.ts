import { ModelLoadError } from '../common/errors.js';
import { wrongValue } from '../common/options.js';
import { locateModel } from '../hub/index.js';
import {
  openFolder,
  openSingleFile,
  pipelineClassOf,
  probeIr,
  readModelIndex,
  type ModelIndex,
  type PretrainedModel,
} from '../models/index.js';
import { Scheduler, schedulerFromConfig } from '../schedulers/index.js';
import { warnSafetyCheckerDisabled } from './check-images.js';
import { compileSettings } from './compile-settings.js';
import { networksOf } from './components.js';
import { withModelDefaults } from './generation-defaults.js';
import { loadTinyVae, loadVae, readTinyVae } from './load-vae.js';
import { loadComponents } from './load-components.js';
import {
  parsePipelineOptions,
  parseSingleFileOptions,
  type LoadingOptions,
  type PipelineOptions,
  type SingleFileOptions,
} from './pipeline-options.js';
import { pipelineOfIndex, pipelineOfModel, type LoadablePipeline } from './registry.js';

/**
 * Loads a folder, or a model of the hub, as a pipeline of the given class, or of the class that the model is for.
 *
 * @throws ModelLoadError, HubError, SaveError, RuntimeNotFoundError, InvalidArgumentError; the signal's reason
 */
export async function loadPretrained<Pipeline>(
  pipelineClass: LoadablePipeline<Pipeline> | undefined,
  idOrFolder: string,
  options: PipelineOptions,
): Promise<Pipeline> {
  if (typeof idOrFolder !== 'string' || idOrFolder === '') {
    throw wrongValue('a path or an id', 'idOrFolder', idOrFolder);
  }
  const parsed = parsePipelineOptions(options);
  return load(pipelineClass, parsed, async (core, scratchDir) => {
    const { revision, token, hubCacheDir, localFilesOnly, variant, safetyChecker, signal, onProgress } =
      parsed;
    // Before the model, which takes longer to download.
    const vae = await loadVae(parsed);
    const inspect = async (folder: string): Promise<ModelIndex> => {
      const index = await readModelIndex(folder);
      if (pipelineClass) requireModelClass(pipelineClass, index, folder);
      else pipelineOfIndex(index, folder);
      return index;
    };
    const hubOptions = {
      revision,
      token,
      hubCacheDir,
      localFilesOnly,
      variant,
      safetyChecker,
      vae: vae && { hasVariant: vae.found?.variant === variant },
      signal,
      export: parsed.export,
    };
    const folder = await locateModel(
      idOrFolder,
      { ...hubOptions, onProgress: (progress) => onProgress?.({ phase: 'download', ...progress }) },
      inspect,
    );
    await requireClassOf(folder, pipelineClass);
    const model = await openFolder(folder, { ...parsed, scratchDir, vae }, core);
    if (safetyChecker === null) warnSafetyCheckerDisabled(model);
    return { ...model, name: idOrFolder };
  });
}

/**
 * Loads an original checkpoint as a pipeline of the given class, or of the class that the model is for.
 *
 * @throws ModelLoadError, RuntimeNotFoundError, InvalidArgumentError; the signal's reason
 */
export async function loadSingleFile<Pipeline>(
  pipelineClass: LoadablePipeline<Pipeline> | undefined,
  path: string,
  options: SingleFileOptions,
): Promise<Pipeline> {
  if (typeof path !== 'string' || path === '') throw wrongValue('a path', 'path', path);
  const parsed = parseSingleFileOptions(options);
  const { weightFormat, clipSkip, predictionType, config, tokenizer } = parsed;
  return load(pipelineClass, parsed, async (_, scratchDir) => {
    const vae = await loadVae(parsed);
    return openSingleFile(path, {
      weightFormat,
      clipSkip,
      predictionType,
      config,
      tokenizer,
      scratchDir,
      vae,
    });
  });
}

type Open = (
  core: Awaited<ReturnType<typeof compileSettings>>['core'],
  scratchDir: string | undefined,
) => Promise<PretrainedModel>;

async function load<Pipeline>(
  pipelineClass: LoadablePipeline<Pipeline> | undefined,
  options: LoadingOptions & Pick<PipelineOptions, 'probe'> & Pick<SingleFileOptions, 'predictionType'>,
  open: Open,
): Promise<Pipeline> {
  const settings = await compileSettings(options);
  const scratchDir = options.scratchDir ?? options.cacheDir;
  const tinyVae = await loadTinyVae(options);
  const model = await withModelDefaults(
    withKeptConfig(await open(settings.core, scratchDir)),
    options.predictionType,
  );
  const chosen = pipelineClass ?? (pipelineOfModel(model) as LoadablePipeline<Pipeline>);
  requireModelClass(chosen, model.index, model.path);
  const scheduler = await loadScheduler(model, options.scheduler);
  const { onProgress, signal, strictShapes, generationDefaults } = options;
  if (options.probe) {
    const networks = model.networks.map(({ path }) => path).filter((path) => path.endsWith('.xml'));
    await probeIr(networks, { device: settings.device, properties: settings.properties, signal });
  }
  const loaded = await loadComponents(model, settings, { onProgress, signal });
  let components = loaded;
  try {
    if (tinyVae)
      components = { ...loaded, tinyVae: await readTinyVae(tinyVae, loaded, settings, scratchDir) };
    return new chosen(components as never, scheduler, { strictShapes, onProgress, generationDefaults });
  } catch (error) {
    await Promise.all(networksOf(components).map((network) => network.dispose()));
    throw error;
  }
}

/** Reads the scheduler's configuration once: its file may move away while the pipeline is in use. */
function withKeptConfig(model: PretrainedModel): PretrainedModel {
  const config = model.schedulerConfig();
  config.catch(() => undefined);
  return { ...model, schedulerConfig: () => config };
}

/** @throws ModelLoadError `UNSUPPORTED` for the model of another pipeline */
function requireModelClass(
  { modelClasses }: { readonly modelClasses: readonly string[] },
  index: ModelIndex,
  path: string,
): void {
  if (modelClasses.includes(pipelineClassOf(index))) return;
  throw new ModelLoadError(
    'UNSUPPORTED',
    `${path} holds a ${String(index._class_name)}; supported are ${modelClasses.join(', ')}`,
  );
}

/** The class before any file that it would need; an index that cannot be read is reported by what opens the folder. */
async function requireClassOf(
  folder: string,
  pipelineClass: { readonly modelClasses: readonly string[] } | undefined,
): Promise<void> {
  const index = await readModelIndex(folder).catch(() => undefined);
  if (!index) return;
  if (pipelineClass) requireModelClass(pipelineClass, index, folder);
  else pipelineOfIndex(index, folder);
}

/** The scheduler asked for, or the model's own. */
async function loadScheduler(
  model: PretrainedModel,
  wanted: LoadingOptions['scheduler'],
): Promise<Scheduler> {
  if (Scheduler.isScheduler(wanted)) return wanted;
  if (wanted === undefined) return schedulerFromConfig(await model.schedulerConfig(), model.path);
  // A configuration that is missing leaves the class's own defaults.
  const config = await model.schedulerConfig().catch((error: unknown) => {
    if (error instanceof ModelLoadError && error.code === 'MODEL_NOT_FOUND') return {};
    throw error;
  });
  return schedulerFromConfig(config, model.path, wanted);
}
