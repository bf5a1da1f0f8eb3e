import { basename } from 'node:path';

import { expect, it, vi } from 'vitest';

import { loadedLibraries } from '../../../lib/runtime/loading/loaded-libraries.js';
import { fakePipeline } from '../../support/fake-pipeline.js';

vi.mock('../../../lib/runtime/index.js', () => import('../../support/fake-runtime.js'));

it('a generation over the fake runtime loads neither the addon nor OpenVINO', async () => {
  const { pipeline } = await fakePipeline();
  const { images } = await pipeline.generate('a', { numInferenceSteps: 1 });
  await images[0]!.toBuffer('png');
  const libraries = loadedLibraries().map((path) => basename(path));
  // sharp's addon, which has encoded the image, shows that the list has addons.
  expect(libraries).toContainEqual(expect.stringMatching(/^sharp-.*\.node$/));
  expect(libraries.filter((name) => /openvino/i.test(name))).toEqual([]);
});

it('a test that would load the addon over it fails', () => {
  expect(() => {
    process.dlopen({ exports: {} }, '/anywhere/openvino_diffusers.node');
  }).toThrow('/anywhere/openvino_diffusers.node was loaded in a test that needs no addon');
});
