import { LRUCache } from 'lru-cache';

import { DisposedError } from '../common/errors.js';
import type {
  CompiledModel,
  CompileProperties,
  Core,
  ElementType,
  InferRequest,
  Model,
  Port,
  PortShapes,
} from '../runtime/index.js';
import type { ModelSource } from '../models/loading/model-source.js';

/** How a component is compiled; the same for all its shapes. */
export interface CompileSettings {
  core: Core;
  device: string;
  properties: CompileProperties;
  /** How many compiled shapes are kept; the one used longest ago goes first. */
  maxCompiledShapes: number;
}

/** One network compiled for one set of shapes, with the request that runs it. */
export interface CompiledVariant {
  readonly compiled: CompiledModel;
  readonly request: InferRequest;
}

/**
 * A network that is compiled on demand for the shapes asked of it. The network itself stays uncompiled beside its
 * variants: its weights are mapped from their file and let go of memory after each compilation, so it costs little
 * and need never be read again.
 */
export class ShapedModel implements AsyncDisposable {
  readonly #model: Model;
  readonly #settings: CompileSettings;
  readonly #elementTypes: Readonly<Record<string, ElementType>>;
  readonly #variants: LRUCache<string, Promise<CompiledVariant>>;
  readonly #leaving = new Set<Promise<void>>();
  #disposed = false;

  private constructor(
    model: Model,
    settings: CompileSettings,
    elementTypes: Readonly<Record<string, ElementType>>,
  ) {
    this.#model = model;
    this.#settings = settings;
    this.#elementTypes = elementTypes;
    this.#variants = new LRUCache({
      max: settings.maxCompiledShapes,
      dispose: (variant) => {
        const leaving = variant.then(release, () => undefined).finally(() => this.#leaving.delete(leaving));
        this.#leaving.add(leaving);
      },
    });
  }

  /**
   * @param elementTypes - inputs to be given another element type than the source says
   * @throws ModelLoadError when the source cannot be opened
   */
  static async read(
    source: ModelSource,
    settings: CompileSettings,
    elementTypes: Readonly<Record<string, ElementType>> = {},
  ): Promise<ShapedModel> {
    return new ShapedModel(await source.open(), settings, elementTypes);
  }

  get inputs(): readonly Port[] {
    return this.#model.inputs;
  }

  get outputs(): readonly Port[] {
    return this.#model.outputs;
  }

  /** Whether `variant` for these shapes would be at once there. */
  has(shapes: PortShapes): boolean {
    return this.#variants.has(JSON.stringify(shapes));
  }

  /** The network compiled for these shapes: kept, or compiled now. */
  async variant(shapes: PortShapes): Promise<CompiledVariant> {
    if (this.#disposed) throw new DisposedError('The model');
    const key = JSON.stringify(shapes);
    const known = this.#variants.get(key);
    if (known) return known;
    const compiling = this.#compile(shapes);
    this.#variants.set(key, compiling);
    try {
      return await compiling;
    } catch (error) {
      if (this.#variants.peek(key) === compiling) this.#variants.delete(key);
      throw error;
    }
  }

  /** Frees every variant but those named, so that a new size does not stand beside an old one. */
  async keepOnly(shapes: PortShapes): Promise<void> {
    const kept = JSON.stringify(shapes);
    for (const key of [...this.#variants.keys()]) if (key !== kept) this.#variants.delete(key);
    await Promise.all(this.#leaving);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#variants.clear();
    await Promise.all(this.#leaving);
    this.#model.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async #compile(shapes: PortShapes): Promise<CompiledVariant> {
    const { core, device, properties } = this.#settings;
    const compiled = await core.compileModel(this.#model, {
      device,
      properties,
      shapes,
      elementTypes: this.#elementTypes,
    });
    try {
      return { compiled, request: await compiled.createInferRequest() };
    } catch (error) {
      await compiled.dispose();
      throw error;
    }
  }
}

async function release({ compiled, request }: CompiledVariant): Promise<void> {
  await request.dispose();
  await compiled.dispose();
}
