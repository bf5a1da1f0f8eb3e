import { describe, expect, it } from 'vitest';

import { OPERATIONS } from '../../../../lib/models/loading/ir/operations.js';
import reference from '../../../fixtures/reference/ir_operations.json' with { type: 'json' };

/** What optimum-intel, nncf and OpenVINO's converter write: test/reference/make_ir_operations.py. */
const exported = Object.entries(reference);

describe.each(exported)('%s, as exporters write it,', (name, { always, inputs, outputs }) => {
  it('is let through', () => {
    const rule = OPERATIONS.get(name);
    expect(rule).toBeDefined();
    expect(always).toEqual(expect.arrayContaining([...rule!.required]));
    expect(Math.min(...inputs)).toBeGreaterThanOrEqual(rule!.minInputs);
    expect(Math.max(...inputs)).toBeLessThanOrEqual(rule!.maxInputs);
    expect(Math.max(...outputs)).toBeLessThanOrEqual(rule!.maxOutputs);
  });
});

it('no operation with a state or a network of its own is known', () => {
  for (const name of ['ReadValue', 'Assign', 'TensorIterator', 'Loop', 'If', 'constructor', 'toString']) {
    expect(OPERATIONS.has(name)).toBe(false);
  }
});
