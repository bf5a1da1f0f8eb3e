/**
 * What the child process of a trial runs: loads the libraries as load-addon.ts does and computes the operations that
 * pipelines spend their time in. CommonJS text, so that it needs no file, wherever a bundler has put this package.
 */
export const TRIAL_SOURCE = `
const { addonPath, libraries } = JSON.parse(process.argv.at(-1));
const { RTLD_NOW } = require('node:os').constants.dlopen;
for (const path of libraries) {
  try {
    process.dlopen({ exports: {} }, path, RTLD_NOW | (process.platform === 'darwin' ? 0x80 : 0x1000));
  } catch {} // it registers no addon
}
const addon = require(addonPath);
const constant = (shape, value) => addon.graphConstant({
  elementType: 'f32', shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value),
});
const node = (operation, inputs, attributes) =>
  addon.graphNode({ operation, inputs, attributes, operationSet: 'opset13' })[0];
async function main() {
  const core = new addon.Core();
  const x = addon.graphParameter({ elementType: 'f32', shape: [1, 32, 8, 8], name: 'x' });
  const convolved = node('Convolution', [x, constant([32, 32, 3, 3], 0.01)], {
    strides: [1, 1], pads_begin: [1, 1], pads_end: [1, 1], dilations: [1, 1], auto_pad: 'explicit',
  });
  const normal = node('GroupNormalization', [convolved, constant([32], 1), constant([32], 0)], {
    num_groups: 4, epsilon: 1e-5,
  });
  const y = node('MatMul', [normal, constant([8, 8], 0.1)], { transpose_a: false, transpose_b: false });
  const model = addon.graphModel({ parameters: [x], results: [{ output: y, names: ['y'] }], name: 'trial' });
  const compiled = await core.compileModel({ model, device: 'CPU' });
  const request = await compiled.createInferRequest();
  await request.infer();
  addon.close();
  console.log('computed');
}
main().catch((error) => {
  if (/not implemented|unsupported|illegal/i.test(error.message)) console.log('unsupported: ' + error.message.split('\\n')[0]);
});
`;
