import { InvalidArgumentError, ModelLoadError } from '../common/errors.js';
import {
  COMPONENTS,
  IR_NAMES,
  isNamed,
  NETWORK_KEYS,
  pipelineClassOf,
  PIPELINES,
  TEXT_FOLDERS,
  type ComponentKey,
} from '../models/index.js';
import { configsIn, filesIn, type Repository } from './repository.js';
import { selectSafetyChecker, selectWeights } from './select-weights.js';

/** A VAE that is not of the repository. */
export interface OtherVae {
  /** Whether its weights are of the variant asked for, so that the model need not have it. */
  readonly hasVariant: boolean;
}

export interface FileSelection {
  /**
   * Variant of the weights: 'fp16' selects `*.fp16.safetensors`, and for components that have none, files without a
   * variant. Default: files without a variant.
   */
  variant?: string | undefined;
  /** Whether to select weights for an export (true) or OpenVINO networks (false). Default: networks if there are any. */
  export?: boolean | undefined;
  /** null: not the safety checker. */
  safetyChecker?: null | undefined;
  /** A VAE from elsewhere, in place of the model's own, which is not selected then. */
  vae?: OtherVae | undefined;
}

/** What a model in OpenVINO's layout must have where its pipeline class is unknown. */
const REQUIRED: readonly ComponentKey[] = ['text_encoder', 'unet', 'vae'];

/**
 * The files of a repository that a pipeline needs: configs, tokenizers, and one set of weights, either OpenVINO's or
 * one variant in safetensors.
 *
 * @throws ModelLoadError `UNSUPPORTED` for a model of another kind, `MODEL_NOT_FOUND` naming the variants there are
 * @throws InvalidArgumentError for a variant of OpenVINO networks
 */
export function selectFiles(repository: Repository, selection: FileSelection): string[] {
  const texts = TEXT_FOLDERS.flatMap((folder) =>
    filesIn(repository, folder)
      .filter((name) => /\.(json|txt|model)$/.test(name))
      .map((name) => `${folder}/${name}`),
  );
  const isExported = selectsNetworks(repository, selection);
  if (isExported && selection.variant !== undefined && !selection.vae?.hasVariant) {
    throw new InvalidArgumentError(
      `The option 'variant' is for models to be exported, and ${repository.id} is exported already; 'export: true' ` +
        `takes its weights instead`,
    );
  }
  const networks = isExported ? selectNetworks(repository, selection) : selectWeights(repository, selection);
  return ['model_index.json', ...texts, ...networks];
}

/** Whether to select OpenVINO networks, by the rule `fromPretrained` has for folders. */
function selectsNetworks(repository: Repository, selection: FileSelection): boolean {
  if (selection.export === true) return false;
  return selection.export === false || networkFiles(repository, 'unet').length > 0;
}

function selectNetworks(repository: Repository, { safetyChecker, vae }: FileSelection): string[] {
  const { id, index } = repository;
  const required = PIPELINES[pipelineClassOf(index)]?.required ?? REQUIRED;
  return NETWORK_KEYS.flatMap((key) => {
    const isLeftOut = key === 'safety_checker' && (safetyChecker === null || !isNamed(index, key));
    if (isLeftOut || (key === 'vae' && vae)) return [];
    const files = COMPONENTS[key].networks.flatMap((name) => {
      const found = networkFiles(repository, name);
      if (found.length > 0) return [...configsIn(repository, name), ...found];
      // Text to image needs no VAE encoder, and old exports have none.
      if (!required.includes(key) || name === 'vae_encoder') return [];
      throw new ModelLoadError(
        'MODEL_NOT_FOUND',
        `${id} has no OpenVINO network of its ${name} (openvino_model.xml and .bin)`,
      );
    });
    return files.length === 0 && key === 'safety_checker' ? selectSafetyChecker(repository) : files;
  });
}

/** A network's .xml and .bin, under whichever of its names. */
export function networkFiles(repository: Repository, folder: string): string[] {
  const present = filesIn(repository, folder);
  const name = IR_NAMES.find((candidate) => present.includes(`${candidate}.xml`));
  return name !== undefined && present.includes(`${name}.bin`)
    ? [`${folder}/${name}.xml`, `${folder}/${name}.bin`]
    : [];
}
