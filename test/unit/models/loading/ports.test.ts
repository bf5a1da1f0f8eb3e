import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { exportPipeline } from '../../../../lib/models/index.js';
import type { Dimension, Port } from '../../../../lib/runtime/index.js';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/export');

/** OpenVINO infers lower bounds for some free dimensions; whoever runs a model sees them as free. */
function plain({ names, elementType, shape }: Port): unknown {
  const free = (dimension: Dimension): number => (typeof dimension === 'number' ? dimension : -1);
  return { names, elementType, shape: shape?.map(free) };
}

describe.each(['sd1', 'sd2', 'sdxl', 'lcm', 'inpaint'])('the export of %s', (pipeline) => {
  it('has the components and ports that optimum-intel gives it, names, types, shapes and order', async () => {
    const { components } = await exportPipeline(join(FIXTURES, pipeline));
    const ports: Record<string, unknown> = {};
    for (const component of components) {
      using model = await component.build();
      ports[component.name] = { inputs: model.inputs.map(plain), outputs: model.outputs.map(plain) };
    }
    expect(ports).toEqual(JSON.parse(await readFile(join(FIXTURES, pipeline, 'ports.json'), 'utf8')));
  });
});
