import { ModelLoadError } from '../../../common/errors.js';
import { described, type IrLayer, type IrNetwork, type IrPort } from './network-reader.js';
import { ELEMENT_BITS, OPERATIONS, type OperationRule } from './operations.js';

/**
 * Checks what OpenVINO takes on trust: that operations have the attributes their specifications require and as many
 * ports as they take, that constants lie in the .bin file, and that edges lead, without a circle, from ports that exist
 * to ports that exist and take what comes.
 *
 * @param path - of the .xml, for messages
 * @param binBytes - size of the .bin file
 * @throws ModelLoadError `MODEL_CORRUPT`
 */
export function checkNetwork(network: IrNetwork, path: string, binBytes: number): void {
  const corrupt = (reason: string): ModelLoadError =>
    new ModelLoadError('MODEL_CORRUPT', `${path} is not a network as OpenVINO writes it: ${reason}`);
  if (network.layers.size === 0) throw corrupt('it has no layers');
  for (const layer of network.layers.values()) {
    const fault =
      faultOfLayer(layer) ?? (layer.type === 'Const' ? faultOfConstant(layer, binBytes) : undefined);
    if (fault !== undefined) throw corrupt(`layer ${described(layer)} ${fault}`);
  }
  const targets = new Map<IrLayer, IrLayer[]>();
  const fault = faultOfEdges(network, targets) ?? circle(network, targets);
  if (fault !== undefined) throw corrupt(fault);
}

/** Layers of other operations have been refused already. */
const NO_RULE: OperationRule = { required: [], minInputs: 0, maxInputs: 0, maxOutputs: 0 };

function faultOfLayer({ type, attributes, inputs, outputs }: IrLayer): string | undefined {
  const { required, minInputs, maxInputs, maxOutputs } = OPERATIONS.get(type) ?? NO_RULE;
  const missing = required.find((name) => attributes[name] === undefined);
  if (missing !== undefined) return `has no attribute ${missing}`;
  if (inputs.size < minInputs || inputs.size > maxInputs) return `has ${inputs.size} inputs`;
  if (outputs.size > maxOutputs || (outputs.size === 0 && type !== 'Result')) {
    return `has ${outputs.size} outputs`;
  }
  return undefined;
}

/** OpenVINO multiplies sizes, and adds offset and size, in 64 bits that may wrap around. */
function faultOfConstant({ attributes, outputs }: IrLayer, binBytes: number): string | undefined {
  const { element_type: type = '', shape = '', offset = '', size = '' } = attributes;
  const bits = ELEMENT_BITS.get(type);
  if (bits === undefined) return `has elements of a type that constants do not have: ${type.slice(0, 40)}`;
  const sizes = shape.trim() === '' ? [] : shape.split(',').map((text) => wholeNumber(text.trim()));
  const begin = wholeNumber(offset);
  const bytes = wholeNumber(size);
  if (begin === undefined || bytes === undefined || !sizes.every((value) => value !== undefined)) {
    return `has an offset, size or shape that is no number`;
  }
  if (begin + bytes > binBytes) return `lies outside the .bin file, which has ${binBytes} bytes`;
  const needed = sizes.includes(0)
    ? 0
    : Math.ceil((sizes.reduce((product, value) => product * value, 1) * bits) / 8);
  if (needed > bytes) return `has ${bytes} bytes where its shape needs ${needed}`;
  const [port] = outputs.values();
  if (port?.sizes !== sizes.join()) return 'has another shape than its port';
  return undefined;
}

function wholeNumber(text: string): number | undefined {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** @param targets - is given the layers that each layer leads to */
function faultOfEdges({ layers, edges }: IrNetwork, targets: Map<IrLayer, IrLayer[]>): string | undefined {
  const connected = new Set<IrPort>();
  for (const { fromLayer, fromPort, toLayer, toPort } of edges) {
    const from = layers.get(fromLayer);
    const to = layers.get(toLayer);
    const given = from?.outputs.get(fromPort);
    const taken = to?.inputs.get(toPort);
    if (!from || !to || !given || !taken) {
      const places = `port ${fromPort} of layer ${fromLayer} to port ${toPort} of layer ${toLayer}`;
      return `no edge can lead from ${places.slice(0, 200)}`;
    }
    if (!agree(given, taken)) {
      return `${described(to)} takes ${shown(taken)} but ${described(from)} gives ${shown(given)}`;
    }
    if (connected.has(taken)) return `two edges lead to port ${toPort} of ${described(to)}`;
    connected.add(taken);
    const known = targets.get(from);
    if (known) known.push(to);
    else targets.set(from, [to]);
  }
  for (const layer of layers.values()) {
    for (const port of layer.inputs.values()) {
      if (!connected.has(port)) return `no edge leads to port ${port.id} of ${described(layer)}`;
    }
  }
  return undefined;
}

/** Whether two ports declare the same. */
function agree(given: IrPort, taken: IrPort): boolean {
  const isTyped = given.elementType !== '' && taken.elementType !== '';
  return given.sizes === taken.sizes && (!isTyped || given.elementType === taken.elementType);
}

function shown({ elementType, sizes }: IrPort): string {
  return `${elementType} [${sizes}]`.slice(0, 100);
}

/** Layers that wait for one another, if any do: found by taking away, again and again, those that wait for none. */
function circle(
  { layers }: IrNetwork,
  targets: ReadonlyMap<IrLayer, readonly IrLayer[]>,
): string | undefined {
  const waiting = new Map<IrLayer, number>();
  const ready: IrLayer[] = [];
  for (const layer of layers.values()) {
    if (layer.inputs.size === 0) ready.push(layer);
    else waiting.set(layer, layer.inputs.size);
  }
  // What becomes ready is appended to the list that is walked.
  for (const layer of ready) {
    for (const target of targets.get(layer) ?? []) {
      const count = (waiting.get(target) ?? 0) - 1;
      waiting.set(target, count);
      if (count === 0) ready.push(target);
    }
  }
  return ready.length === layers.size ? undefined : 'its layers lead in a circle';
}
