import { LRUCache } from 'lru-cache';

import { asyncDispose } from '../common/dispose-symbols.js';
import { DisposedError } from '../common/errors.js';
import { HeldFiles, type NetworkSource } from '../models/index.js';
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
import type { TaskQueue } from './task-queue.js';

/** How a component is compiled; the same for all its shapes. */
export interface CompileSettings {
  readonly core: Core;
  readonly device: string;
  readonly properties: CompileProperties;
  /** How many compiled shapes are kept; the least recently used is evicted first. */
  readonly maxCompiledShapes: number;
  readonly queue: TaskQueue;
}

/** A network compiled for one set of shapes, pinned until it is released: it is not evicted while it is in use. */
export interface PinnedVariant {
  readonly request: InferRequest;
  /** @throws ModelLoadError `MODEL_CORRUPT` when a file that the network reads weights from was written to */
  verifyFiles(): void;
  release(): void;
}

/**
 * A network that is compiled on demand for the shapes asked of it. The network itself stays uncompiled beside its
 * variants: its weights are mapped from their file and evicted from memory after each compilation, so it costs little
 * and need not be read again.
 */
export class ShapedModel implements AsyncDisposable {
  readonly queue: TaskQueue;
  readonly #model: Model;
  readonly #settings: CompileSettings;
  readonly #elementTypes: Readonly<Record<string, ElementType>>;
  readonly #files: HeldFiles;
  readonly #variants: LRUCache<string, Variant>;
  readonly #evicting = new Set<Promise<void>>();
  #inferencePrecision: string | undefined;
  #disposed = false;

  /**
   * @param elementTypes - inputs that get another element type than the source gives them
   * @param files - held already; released with the model
   */
  constructor(
    model: Model,
    settings: CompileSettings,
    elementTypes: Readonly<Record<string, ElementType>> = {},
    files = new HeldFiles([]),
  ) {
    this.queue = settings.queue;
    this.#model = model;
    this.#settings = settings;
    this.#elementTypes = elementTypes;
    this.#files = files;
    this.#variants = new LRUCache({
      max: settings.maxCompiledShapes,
      dispose: (variant) => {
        const evicting = variant.evict().finally(() => this.#evicting.delete(evicting));
        this.#evicting.add(evicting);
      },
    });
  }

  /** @throws ModelLoadError when the source cannot be opened */
  static async read(
    source: NetworkSource,
    settings: CompileSettings,
    elementTypes?: Readonly<Record<string, ElementType>>,
  ): Promise<ShapedModel> {
    const { files } = source;
    files.hold();
    try {
      const model = await source.open();
      try {
        await files.verifyPaths();
      } catch (error) {
        model.dispose();
        throw error;
      }
      return new ShapedModel(model, settings, elementTypes, files);
    } catch (error) {
      files.release();
      throw error;
    }
  }

  get inputs(): readonly Port[] {
    return this.#model.inputs;
  }

  get outputs(): readonly Port[] {
    return this.#model.outputs;
  }

  /** What the device computes in; undefined before anything is compiled. */
  get inferencePrecision(): string | undefined {
    return this.#inferencePrecision;
  }

  /** Bytes of one element in the precision of inference; the smaller where the device chooses it. */
  get elementBytes(): 2 | 4 {
    return this.#settings.properties.INFERENCE_PRECISION_HINT === 'f32' ? 4 : 2;
  }

  /** Bytes that compiling for these shapes takes for weights: none if it is done. */
  weightBytes(shapes: PortShapes): number {
    return this.has(shapes) ? 0 : this.#model.weightBytes(this.elementBytes);
  }

  /** Whether these shapes are compiled, or being compiled. */
  has(shapes: PortShapes): boolean {
    return this.#variants.has(keyOf(shapes));
  }

  /** Compiles for these shapes unless that is done. */
  async compile(shapes: PortShapes): Promise<void> {
    await this.#variant(shapes).ready;
  }

  /** The network compiled for these shapes, kept or compiled now, and pinned. */
  async acquire(shapes: PortShapes): Promise<PinnedVariant> {
    return this.#variant(shapes).pin();
  }

  /** Evicts every variant but the one named, so that a new size is not held beside an old one. */
  async keepOnly(shapes: PortShapes): Promise<void> {
    const kept = keyOf(shapes);
    for (const key of [...this.#variants.keys()]) if (key !== kept) this.#variants.delete(key);
    await Promise.all(this.#evicting);
  }

  async dispose(): Promise<void> {
    const isFirst = !this.#disposed;
    this.#disposed = true;
    this.#variants.clear();
    await Promise.all(this.#evicting);
    this.#model.dispose();
    if (isFirst) this.#files.release();
  }

  async [asyncDispose](): Promise<void> {
    await this.dispose();
  }

  #variant(shapes: PortShapes): Variant {
    if (this.#disposed) throw new DisposedError('The model');
    const key = keyOf(shapes);
    const known = this.#variants.get(key);
    if (known) return known;
    const variant = new Variant(this.#compile(shapes), this.#files);
    this.#variants.set(key, variant);
    variant.ready.catch(() => {
      if (this.#variants.peek(key) === variant) this.#variants.delete(key);
    });
    return variant;
  }

  async #compile(shapes: PortShapes): Promise<Compiled> {
    this.#files.verify();
    const { core, device, properties } = this.#settings;
    const compiled = await core.compileModel(this.#model, {
      device,
      properties,
      shapes,
      elementTypes: this.#elementTypes,
    });
    try {
      this.#files.verify();
      const precision = compiled.getProperty('INFERENCE_PRECISION_HINT');
      if (typeof precision === 'string') this.#inferencePrecision = precision;
      return { compiled, request: await compiled.createInferRequest() };
    } catch (error) {
      await compiled.dispose();
      throw error;
    }
  }
}

interface Compiled {
  readonly compiled: CompiledModel;
  readonly request: InferRequest;
}

/** One compiled variant and how many use it at the moment. */
class Variant {
  readonly ready: Promise<Compiled>;
  readonly #files: HeldFiles;
  #pins = 0;
  #unpinned: (() => void) | undefined;

  constructor(ready: Promise<Compiled>, files: HeldFiles) {
    this.ready = ready;
    this.#files = files;
  }

  async pin(): Promise<PinnedVariant> {
    this.#pins++;
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      if (--this.#pins === 0) this.#unpinned?.();
    };
    try {
      const { request } = await this.ready;
      return {
        request,
        verifyFiles: () => {
          this.#files.verify();
        },
        release,
      };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Frees the variant as soon as nothing uses it. */
  async evict(): Promise<void> {
    if (this.#pins > 0) await new Promise<void>((resolve) => (this.#unpinned = resolve));
    const compiled = await this.ready.catch(() => undefined);
    await compiled?.request.dispose();
    await compiled?.compiled.dispose();
  }
}

function keyOf(shapes: PortShapes): string {
  return JSON.stringify(shapes);
}
