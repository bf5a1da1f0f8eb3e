import { SaxesParser, type SaxesTagPlain } from 'saxes';

import { ModelLoadError } from '../../../common/errors.js';
import { OPERATIONS } from './operations.js';

/** An operation of a network in OpenVINO IR, as far as its .xml declares it. */
export interface IrLayer {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** Attributes of `<data>`. */
  attributes: Readonly<Record<string, string>>;
  /** By the port's id. */
  readonly inputs: Map<string, IrPort>;
  readonly outputs: Map<string, IrPort>;
}

/** What goes through a port. */
export interface IrPort {
  readonly id: string;
  /** Inputs of version 10 have none. */
  readonly elementType: string;
  /** Sizes with commas in between; an unknown one is -1. */
  sizes: string;
}

/** Where one operation's result goes. */
export interface IrEdge {
  readonly fromLayer: string;
  readonly fromPort: string;
  readonly toLayer: string;
  readonly toPort: string;
}

export interface IrNetwork {
  readonly layers: ReadonlyMap<string, IrLayer>;
  readonly edges: readonly IrEdge[];
}

/** Networks have some thousand layers; deeper nested than so is only information about them. */
const MAX_LAYERS = 200_000;
const MAX_DEPTH = 64;

/** Which elements stand in which, where OpenVINO reads more than a value. What `rt_info` holds may be anything. */
const CHILDREN: ReadonlyMap<string, readonly string[]> = new Map([
  ['', ['net']],
  ['net', ['layers', 'edges', 'rt_info', 'meta_data', 'quantization_parameters']],
  ['layers', ['layer']],
  ['layer', ['data', 'input', 'output', 'rt_info']],
  ['input', ['port']],
  ['output', ['port']],
  ['port', ['dim', 'rt_info']],
  ['edges', ['edge']],
]);
const INFORMATION: ReadonlySet<string> = new Set(['rt_info', 'meta_data', 'quantization_parameters']);

/** Elements of which OpenVINO takes the first where there are several: a second would only hide something. */
const ONCE: ReadonlySet<string> = new Set(['layers', 'edges', 'data', 'input', 'output', 'rt_info']);

/**
 * Reads the .xml of a network in OpenVINO IR, given piece by piece: only elements and operations that are known.
 *
 * Anything else that XML can be (a document type, another encoding, elements that stand twice) is refused, so that
 * OpenVINO's parser, which is a lenient one, cannot see another network than was checked.
 */
export class IrNetworkReader {
  readonly #path: string;
  readonly #parser = new SaxesParser({ xmlns: false, position: false });
  readonly #layers = new Map<string, IrLayer>();
  readonly #edges: IrEdge[] = [];
  /** The elements that are open, and which of those that may stand there once have been seen in each. */
  readonly #open: string[] = [];
  readonly #seen: string[][] = [[]];
  /** How many elements of information are open. */
  #information = 0;
  #layer: IrLayer | undefined;
  #port: IrPort | undefined;

  /** @param path - the file's, for messages */
  constructor(path: string) {
    this.#path = path;
    this.#parser.on('error', (cause) => {
      throw this.#corrupt(`it is not XML: ${cause.message}`, cause);
    });
    this.#parser.on('doctype', () => {
      throw this.#corrupt('it declares a document type');
    });
    this.#parser.on('xmldecl', ({ encoding }) => {
      if (encoding === undefined || /^utf-8$/i.test(encoding)) return;
      throw this.#corrupt(`it is encoded in ${shorten(encoding)}, not in UTF-8`);
    });
    this.#parser.on('opentag', (tag) => {
      this.#enter(tag);
    });
    this.#parser.on('closetag', () => {
      this.#leave();
    });
    this.#parser.on('text', (text) => {
      if (this.#port && this.#open.at(-1) === 'dim') this.#port.sizes += text.trim();
    });
  }

  /** @throws ModelLoadError `MODEL_CORRUPT`, or `UNSUPPORTED` naming the operation */
  write(piece: string): void {
    this.#parser.write(piece);
  }

  /** @throws ModelLoadError as `write` does */
  close(): IrNetwork {
    this.#parser.close();
    return { layers: this.#layers, edges: this.#edges };
  }

  #enter({ name, attributes }: SaxesTagPlain): void {
    if (this.#open.length >= MAX_DEPTH) throw this.#corrupt(`it is nested deeper than ${MAX_DEPTH} levels`);
    if (this.#information === 0) this.#requirePlace(name);
    this.#open.push(name);
    if (this.#information > 0 || INFORMATION.has(name)) {
      this.#information++;
      return;
    }
    this.#seen.push([]);
    switch (name) {
      case 'dim':
        if (this.#port && this.#port.sizes !== '') this.#port.sizes += ',';
        break;
      case 'port':
        this.#port = {
          id: this.#required(attributes, 'id', 'a port'),
          elementType: attributes.precision ?? '',
          sizes: '',
        };
        break;
      case 'edge':
        this.#edges.push(this.#edge(attributes));
        break;
      case 'layer':
        this.#layer = this.#newLayer(attributes);
        break;
      case 'data':
        if (this.#layer) this.#layer.attributes = attributes;
        break;
      case 'net':
        if (attributes.version === '10' || attributes.version === '11') break;
        throw this.#unsupported(`it is OpenVINO IR of version ${shorten(attributes.version)}, not 10 or 11`);
    }
  }

  #leave(): void {
    const name = this.#open.pop();
    if (this.#information > 0) {
      this.#information--;
      return;
    }
    this.#seen.pop();
    if (name === 'layer') this.#layer = undefined;
    if (name === 'port') this.#keepPort();
  }

  #keepPort(): void {
    const port = this.#port;
    if (!port || !this.#layer) return;
    const ports = this.#open.at(-1) === 'input' ? this.#layer.inputs : this.#layer.outputs;
    if (ports.has(port.id)) {
      throw this.#corrupt(`layer ${described(this.#layer)} has port ${shorten(port.id)} twice`);
    }
    ports.set(port.id, port);
    this.#port = undefined;
  }

  #requirePlace(name: string): void {
    const parent = this.#open.at(-1) ?? '';
    if (!CHILDREN.get(parent)?.includes(name)) {
      if (parent === 'layer' && this.#layer) {
        throw this.#unsupported(`layer ${described(this.#layer)} has an element ${shorten(name)}`);
      }
      throw this.#corrupt(
        `it has an element ${shorten(name)} ${parent === '' ? 'outermost' : `in ${parent}`}`,
      );
    }
    if (!ONCE.has(name)) return;
    const seen = this.#seen.at(-1);
    if (seen?.includes(name)) throw this.#corrupt(`it has two elements ${name} in one ${parent}`);
    seen?.push(name);
  }

  #newLayer(attributes: Readonly<Record<string, string>>): IrLayer {
    const layer: IrLayer = {
      id: this.#required(attributes, 'id', 'a layer'),
      name: attributes.name ?? '',
      type: this.#required(attributes, 'type', 'a layer'),
      attributes: {},
      inputs: new Map(),
      outputs: new Map(),
    };
    if (!OPERATIONS.has(layer.type) || !/^opset\d{1,2}$/.test(attributes.version ?? '')) {
      const from = attributes.version === undefined ? '' : ` of ${shorten(attributes.version)}`;
      throw this.#unsupported(
        `layer ${described(layer)} is an operation${from} that networks of diffusion models do not have`,
      );
    }
    if (this.#layers.has(layer.id)) throw this.#corrupt(`two layers have the id ${shorten(layer.id)}`);
    if (this.#layers.size >= MAX_LAYERS) throw this.#corrupt(`it has more than ${MAX_LAYERS} layers`);
    this.#layers.set(layer.id, layer);
    return layer;
  }

  #edge(attributes: Readonly<Record<string, string>>): IrEdge {
    return {
      fromLayer: this.#required(attributes, 'from-layer', 'an edge'),
      fromPort: this.#required(attributes, 'from-port', 'an edge'),
      toLayer: this.#required(attributes, 'to-layer', 'an edge'),
      toPort: this.#required(attributes, 'to-port', 'an edge'),
    };
  }

  #required(attributes: Readonly<Record<string, string>>, name: string, of: string): string {
    const value = attributes[name];
    if (value === undefined) throw this.#corrupt(`${of} has no ${name}`);
    return value;
  }

  #corrupt(reason: string, cause?: unknown): ModelLoadError {
    return new ModelLoadError(
      'MODEL_CORRUPT',
      `${this.#path} is not a network as OpenVINO writes it: ${reason}`,
      {
        cause,
      },
    );
  }

  #unsupported(reason: string): ModelLoadError {
    return new ModelLoadError('UNSUPPORTED', `${this.#path} is not run: ${reason}`);
  }
}

/** A layer's name and operation, for messages. */
export function described({ name, type }: IrLayer): string {
  return `'${shorten(name)}' (${shorten(type)})`;
}

function shorten(text = 'none'): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
