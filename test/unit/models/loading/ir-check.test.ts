import { execFileSync } from 'node:child_process';
import {
  readdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { checkIr } from '../../../../lib/models/loading/ir-check.js';

const fixtures = join(import.meta.dirname, '../../../fixtures');
const work = mkdtempSync(join(tmpdir(), 'ir-check-'));
const binPath = join(work, 'network.bin');
const xmlPath = join(work, 'network.xml');

afterAll(() => {
  rmSync(work, { recursive: true });
});

/** The network x + 1, with one thing changed. */
const good = `<?xml version="1.0"?>
<net name="plus one" version="11">
	<layers>
		<layer id="0" name="x" type="Parameter" version="opset1">
			<data shape="?,3" element_type="f32" />
			<output><port id="0" precision="FP32" names="x"><dim>-1</dim><dim>3</dim></port></output>
		</layer>
		<layer id="1" name="one" type="Const" version="opset1">
			<data element_type="f32" shape="1, 3" offset="4" size="12" />
			<rt_info><attribute name="decompression" version="0" /></rt_info>
			<output><port id="0" precision="FP32"><dim>1</dim><dim>3</dim></port></output>
		</layer>
		<layer id="2" name="sum" type="Add" version="opset1">
			<data auto_broadcast="numpy" />
			<input>
				<port id="0" precision="FP32"><dim>-1</dim><dim>3</dim></port>
				<port id="1" precision="FP32"><dim>1</dim><dim>3</dim></port>
			</input>
			<output><port id="2" precision="FP32" names="y"><dim>-1</dim><dim>3</dim></port></output>
		</layer>
		<layer id="3" name="y" type="Result" version="opset1" output_names="y">
			<input><port id="0" precision="FP32"><dim>-1</dim><dim>3</dim></port></input>
		</layer>
	</layers>
	<edges>
		<edge from-layer="0" from-port="0" to-layer="2" to-port="0" />
		<edge from-layer="1" from-port="0" to-layer="2" to-port="1" />
		<edge from-layer="2" from-port="2" to-layer="3" to-port="0" />
	</edges>
	<rt_info><anything><at all="" /></anything></rt_info>
</net>`;

async function check(xml: string | Uint8Array, binBytes = 16): Promise<void> {
  writeFileSync(xmlPath, xml);
  writeFileSync(binPath, new Uint8Array(binBytes));
  await checkIr(xmlPath, binPath);
}

/** What stands in the good network, and what is put in its place. */
function changed(from: string, to: string): string {
  expect(good).toContain(from);
  return good.replace(from, to);
}

describe('a network is let through', () => {
  it.each(
    readdirSync(fixtures, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('openvino_model.xml'),
    ),
  )('when optimum-intel has exported it: %s', async (file) => {
    const path = join(fixtures, file);
    await checkIr(path, path.replace(/xml$/, 'bin'));
  });

  it('when it is as small as can be', async () => {
    await check(good);
  });

  it('in version 10, which says nothing of inputs but their sizes', async () => {
    await check(
      good
        .replace('version="11"', 'version="10"')
        .replaceAll(/(<input>.*?<\/input>)/gs, (ports) => ports.replaceAll(' precision="FP32"', '')),
    );
  });

  it('with text of every kind in its names', async () => {
    await check(changed('name="sum"', 'name="a &lt;b&gt; &quot;c&quot; &#228; ü"'));
  });

  it('with a byte order mark', async () => {
    await check(`\ufeff${good}`);
  });

  it('with a constant of no elements', async () => {
    const empty = good.replace('shape="1, 3" offset="4" size="12"', 'shape="0, 3" offset="16" size="0"');
    await check(empty.replaceAll('<dim>1</dim>', '<dim>0</dim>'));
  });
});

const sum = '<layer id="2" name="sum" type="Add" version="opset1">';
const weights = 'offset="4" size="12"';
const edge = '<edge from-layer="1" from-port="0" to-layer="2" to-port="1" />';

describe('a network is UNSUPPORTED, and the layer is named,', () => {
  it.each<[string, string, string[]]>([
    ['with a state', sum.replace('Add', 'ReadValue'), ["'sum' (ReadValue)"]],
    ['with an operation that keeps a state', sum.replace('Add', 'Assign'), ["'sum' (Assign)"]],
    ['with a network inside', sum.replace('Add', 'TensorIterator'), ["'sum' (TensorIterator)"]],
    ['with an operation nobody knows', sum.replace('Add', 'toString'), ["'sum' (toString)"]],
    ['with an operation of an extension', sum.replace('opset1', 'extension'), ["'sum' (Add)", 'extension']],
    ['with an operation of no set', sum.replace(' version="opset1"', ''), ["'sum' (Add)"]],
    ['with a body', `${sum}<body />`, ["'sum' (Add)", 'body']],
  ])('%s', async (_, to, texts) => {
    const error = (await check(changed(sum, to)).catch((e: unknown) => e)) as Error;
    expect(error).toMatchObject({ name: 'ModelLoadError', code: 'UNSUPPORTED' });
    for (const text of texts) expect(error.message).toContain(text);
  });

  it('in a version of IR that OpenVINO does not read', async () => {
    await expect(check(changed('version="11"', 'version="7"'))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
  });
});

describe('a network is MODEL_CORRUPT', () => {
  it.each<[string, string, string, string]>([
    ['without an attribute', 'element_type="f32" />', '/>', "'x' (Parameter) has no attribute element_type"],
    ['with a constant beyond the .bin file', weights, 'offset="5" size="12"', 'outside the .bin file'],
    ['with an offset that wraps around', weights, 'offset="18446744073709551608" size="12"', 'no number'],
    ['with an offset below 0', weights, 'offset="-8" size="12"', 'no number'],
    ['with a hexadecimal offset', weights, 'offset="0x4" size="12"', 'no number'],
    ['with too few bytes for a shape', weights, 'offset="4" size="8"', '8 bytes where its shape needs 12'],
    ['with a shape whose product wraps around', 'shape="1, 3"', 'shape="4294967296, 4294967296"', 'needs'],
    ['with a shape of no numbers', 'shape="1, 3"', 'shape="?, 3"', 'no number'],
    ['with a shape other than its port', 'shape="1, 3"', 'shape="3"', 'another shape'],
    [
      'with a constant of text',
      'element_type="f32" shape',
      'element_type="string" shape',
      'do not have: string',
    ],
    ['with an edge from no layer', edge, edge.replace('"1"', '"9"'), 'no edge can lead'],
    ['with an edge from no port', edge, edge.replace('from-port="0"', 'from-port="1"'), 'no edge can lead'],
    ['with an edge to no port', edge, edge.replace('to-port="1"', 'to-port="7"'), 'no edge can lead'],
    ['with an edge into the port that is taken', edge, edge.replace('to-port="1"', 'to-port="0"'), 'takes'],
    ['with an edge twice', edge, edge + edge, 'two edges lead to port 1'],
    ['with an edge too few', edge, '', 'no edge leads to port 1'],
    ['with an edge of two words', edge, edge.replace(' to-port="1"', ''), 'no to-port'],
    ['with an edge to other sizes', edge, edge.replace('"1"', '"0"'), "'sum' (Add) takes"],
    [
      'with an edge of another type',
      'precision="FP32"><dim>1</dim><dim>3</dim></port></output>',
      'precision="I64"><dim>1</dim><dim>3</dim></port></output>',
      'gives I64',
    ],
    [
      'with a layer that waits for itself',
      'from-layer="0" from-port="0" to-layer="2"',
      'from-layer="2" from-port="2" to-layer="2"',
      'circle',
    ],
    [
      'with an input too many',
      '<port id="1"',
      '<port id="5" precision="FP32" /><port id="1"',
      'has 3 inputs',
    ],
    [
      'with an output too many',
      'names="y"><dim>-1</dim><dim>3</dim></port>',
      'names="y" /><port id="9" />',
      'has 2 outputs',
    ],
    ['with a port twice', '<port id="1"', '<port id="0"', 'port 0 twice'],
    ['with a port of no id', '<port id="1"', '<port', 'no id'],
    ['with a layer twice', 'layer id="1"', 'layer id="0"', 'id 0'],
    ['with a layer of no type', ' type="Add"', '', 'no type'],
    [
      'with attributes twice',
      '<data auto_broadcast="numpy" />',
      '<data /><data auto_broadcast="numpy" />',
      'two elements data',
    ],
    ['with two lists of layers', '</layers>', '</layers><layers></layers>', 'two elements layers'],
    ['with one attribute twice', 'name="sum"', 'name="sum" name="sum"', 'not XML'],
    ['with elements IR does not have', '<edges>', '<pre-process /><edges>', 'pre-process'],
    [
      'with another outermost element',
      '<net name="plus one"',
      '<other><net name="plus one"',
      'other outermost',
    ],
    ['with a document type', '<net name', '<!DOCTYPE net [<!ENTITY a "b">]><net name', 'document type'],
    ['in another encoding', '<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-16"?>', 'UTF-16'],
    ['with information nested very deep', '<anything>', '<a>'.repeat(100_000), 'nested deeper'],
    [
      'without layers',
      good.slice(good.indexOf('<layers>'), good.indexOf('</net>')),
      '<layers></layers>',
      'no layers',
    ],
    ['cut short', good.slice(-30), '', 'not XML'],
  ])('%s', async (_, from, to, message) => {
    await expect(check(changed(from, to))).rejects.toMatchObject({
      name: 'ModelLoadError',
      code: 'MODEL_CORRUPT',
      message: expect.stringContaining(message) as string,
    });
  });

  it.each<[string, Uint8Array | string]>([
    ['empty', ''],
    ['JSON', '{}'],
    ['UTF-16', Buffer.from(`\ufeff${good}`, 'utf16le')],
    ['Latin-1', Buffer.from(good.replace('plus one', 'für'), 'latin1')],
    ['zeros', new Uint8Array(1000)],
  ])('when it is %s', async (_, bytes) => {
    await expect(check(bytes)).rejects.toMatchObject({ name: 'ModelLoadError', code: 'MODEL_CORRUPT' });
  });

  it('when it is longer than any', async () => {
    await check(good);
    truncateSync(xmlPath, 2 ** 40);
    await expect(checkIr(xmlPath, binPath)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
  });

  it.skipIf(process.platform === 'win32')('when one of its files is not a regular one', async () => {
    await check(good);
    const fifo = join(work, 'fifo');
    const zero = join(work, 'zero');
    execFileSync('mkfifo', [fifo]);
    symlinkSync('/dev/zero', zero);
    for (const strange of [fifo, zero, work]) {
      await expect(checkIr(strange, binPath)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
      await expect(checkIr(xmlPath, strange)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    }
  });
});

it('without one of its files is MODEL_NOT_FOUND', async () => {
  await check(good);
  const absent = join(work, 'absent');
  await expect(checkIr(absent, binPath)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  await expect(checkIr(xmlPath, absent)).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
});

it('lets the event loop go on while it looks through a long network', async () => {
  const layers = Array.from(
    { length: 20_000 },
    (_, i) =>
      sum.replace('"2"', `"${i + 10}"`) +
      good.slice(good.indexOf('<input>'), good.indexOf('</layer>', good.indexOf(sum))) +
      '</layer>',
  );
  const edges = Array.from({ length: 20_000 }, (_, i) =>
    [0, 1]
      .map((port) => `<edge from-layer="${port}" from-port="0" to-layer="${i + 10}" to-port="${port}" />`)
      .join(''),
  );
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await check(
    good.replace('</layers>', `${layers.join('')}</layers>`).replace('</edges>', `${edges.join('')}</edges>`),
  );
  clearInterval(timer);
  expect(readFileSync(xmlPath).length).toBeGreaterThan(8e6);
  expect(turns).toBeGreaterThan(3);
});
