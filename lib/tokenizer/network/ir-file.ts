/** Element types as attributes name them, and as ports do. */
const PRECISIONS = { string: 'STRING', boolean: 'BOOL', u8: 'U8', i32: 'I32', i64: 'I64' } as const;

export type ElementType = keyof typeof PRECISIONS;

/** An output of a layer. */
export interface Port {
  readonly layer: number;
  readonly port: number;
}

type Attributes = Readonly<Record<string, string | number | boolean>>;

/**
 * Writes a model as OpenVINO IR version 11, for operations that the runtime does not have here: nothing is checked, and
 * ports have no shapes.
 *
 * @see https://docs.openvino.ai/2026/documentation/openvino-ir-format.html
 */
export class IrFile {
  readonly #layers: string[] = [];
  readonly #edges: string[] = [];
  readonly #weights: Uint8Array[] = [];
  #size = 0;

  /**
   * Adds a layer and returns its outputs.
   *
   * @param operation - opset and type, as in 'opset1.Add'; the opset of operations that OpenVINO itself lacks is 'extension'
   * @param name - of the layer and of its output tensors. Default: its type and number
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

  /** Adds a constant; shape `[]` is a scalar. */
  constant(type: ElementType, shape: readonly number[], values: ArrayBufferView): Port {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const attributes = {
      element_type: type,
      shape: shape.join(','),
      offset: this.#size,
      size: bytes.length,
    };
    // Readers that map the file read values in place, so each is aligned to eight bytes.
    const padding = new Uint8Array(-bytes.length & 7);
    this.#weights.push(bytes, padding);
    this.#size += bytes.length + padding.length;
    return this.layer('opset1.Const', [], [type], attributes)[0];
  }

  /** The contents of the .xml file; `info` becomes its `rt_info`. */
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

  /** The contents of the .bin file. */
  toWeights(): Uint8Array {
    return Buffer.concat(this.#weights);
  }
}

/** An element without attributes and children is left out. */
function element(name: string, attributes: Attributes, children: readonly string[] = []): string {
  if (Object.keys(attributes).length + children.length === 0) return '';
  const opening = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${escaped(value)}"`)];
  if (children.length === 0) return `<${opening.join(' ')} />\n`;
  return `<${opening.join(' ')}>\n${children.join('')}</${name}>\n`;
}

function escaped(value: string | number | boolean): string {
  return String(value).replace(/[&<>"\t\r\n]/g, (character) => `&#${character.charCodeAt(0)};`);
}
