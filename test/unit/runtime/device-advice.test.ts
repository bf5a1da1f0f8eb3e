import { expect, it } from 'vitest';

import { deviceAdvice } from '../../../lib/runtime/loading/device-advice.js';
import { fromNative } from '../../../lib/runtime/native-errors.js';

// OpenVINO's words, 2026.4.0 on a machine without a GPU.
const noOpenCL =
  'Exception from src/inference/src/cpp/core.cpp:117:\nCannot load library "/lib/libopenvino_intel_gpu_plugin.so": ' +
  'libOpenCL.so.1: cannot open shared object file: No such file or directory\n';
const notRegistered = (device: string) =>
  `Exception from src/inference/src/dev/core_impl.cpp:706:\nDevice with "${device}" name is not registered in the OpenVINO Runtime\n`;

it('a GPU without a driver names the packages of the driver', () => {
  expect(deviceAdvice(noOpenCL)).toContain('apt install ocl-icd-libopencl1 intel-opencl-icd');
});

it('a device without a plugin names the package that has it, and an unknown one where to look', () => {
  expect(deviceAdvice(notRegistered('GPU'))).toMatch(/npm install @openvino-diffusers\/runtime-\w+-\w+-full/);
  expect(deviceAdvice(notRegistered('FOO'))).toContain('openvino-diffusers doctor');
});

it('other messages stay as they are', () => {
  expect(deviceAdvice('Check failed')).toBeUndefined();
  const error = (message: string) => fromNative(Object.assign(new Error(message), { code: 'OPENVINO' }));
  expect(error('Check failed')).toMatchObject({ code: 'OPENVINO', message: 'Check failed' });
  expect(error(noOpenCL)).toMatchObject({
    code: 'OPENVINO',
    message: expect.stringMatching(/libOpenCL\.so\.1[^]*apt install/) as string,
  });
});
