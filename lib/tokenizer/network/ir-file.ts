/** Element types by the names of attributes, and what they are called at ports. */
const PRECISIONS = { string: 'STRING', boolean: 'BOOL', u8: 'U8', i32: 'I32', i64: 'I64' } as const;

export type ElementType = keyof typeof PRECISIONS;

/** An output of a layer. */
export interface Port {
  readonly layer: number;
  readonly port: number;
}

type Attributes = Readonly<Record<string, string | number | boolean>>;

/**
 * A network as OpenVINO's IR (version 11), for operations that the runtime here does not know: nothing is checked, and
 * shapes are left to whoever reads it.
 */
export class IrFile {
  readonly #layers: string[] = [];
  readonly #edges: string[] = [];
  readonly #weights: Uint8Array[] = [];
  #size = 0;

  /**
   * Adds a layer and gives its outputs.
   *
   * @param operation - its set and type, as in 'opset1.Add'; the set of those that OpenVINO itself lacks is 'extension'
   * @param name - the layer's, and its outputs' as tensors. Default: after its type
   */
  layer<const Outputs extends readonly ElementType[]>(
    operation: `${string}.${string}`,
    inputs: readonly Port[],
    outputs: Outputs,
    attributes: Attributes = {},
    name?: string,
  ): { [Place in keyof Outputs]: Port } {
    const id = this.#layers.length;
    const [version, type] = operation.split('.') as [string, string];
    for (const [port, from] of inputs.entries()) {
      const ends = { 'from-layer': from.layer, 'from-port': from.port, 'to-layer': id, 'to-port': port };
      this.#edges.push(element('edge', ends));
    }
    const ports = outputs.map((output, place) => ({
      id: inputs.length + place,
      precision: PRECISIONS[output],
      ...(name !== undefined && { names: name }),
    }));
    this.#layers.push(
      element('layer', { id, name: name ?? `${type}_${id}`, type, version }, [
        element('data', attributes),
        element(
          'input',
          {},
          inputs.map((_, port) => element('port', { id: port })),
        ),
        element(
          'output',
          {},
          ports.map((port) => element('port', port)),
        ),
      ]),
    );
    return ports.map(({ id: port }) => ({ layer: id, port })) as { [Place in keyof Outputs]: Port };
  }

  /** Adds a constant of the given shape; `[]` is a scalar's. */
  constant(type: ElementType, shape: readonly number[], values: ArrayBufferView): Port {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const attributes = {
      element_type: type,
      shape: shape.join(','),
      offset: this.#size,
      size: bytes.length,
    };
    // Whoever maps the file reads values where they lie: each begins at a multiple of eight bytes.
    const padding = new Uint8Array(-bytes.length & 7);
    this.#weights.push(bytes, padding);
    this.#size += bytes.length + padding.length;
    return this.layer('opset1.Const', [], [type], attributes)[0];
  }

  /** The .xml, with what is to be known of the network beside it. */
  toXml(name: string, info: Attributes): string {
    const root = element('net', { name, version: 11 }, [
      element('layers', {}, this.#layers),
      element('edges', {}, this.#edges),
      element(
        'rt_info',
        {},
        Object.entries(info).map(([key, value]) => element(key, { value })),
      ),
    ]);
    return `<?xml version="1.0"?>\n${root}`;
  }

  /** The .bin. */
  toWeights(): Uint8Array {
    return Buffer.concat(this.#weights);
  }
}

/** One that has nothing to say is left out. */
function element(name: string, attributes: Attributes, children: readonly string[] = []): string {
  if (Object.keys(attributes).length + children.length === 0) return '';
  const opening = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${escaped(value)}"`)];
  if (children.length === 0) return `<${opening.join(' ')} />\n`;
  return `<${opening.join(' ')}>\n${children.join('')}</${name}>\n`;
}

function escaped(value: string | number | boolean): string {
  return String(value).replace(/[&<>"\t\r\n]/g, (character) => `&#${character.charCodeAt(0)};`);
}
