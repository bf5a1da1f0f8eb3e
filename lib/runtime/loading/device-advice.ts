/**
 * What to install when OpenVINO knows no such device, or cannot reach it.
 *
 * @param message - OpenVINO's
 * @returns undefined when it speaks of something else
 */
export function deviceAdvice(message: string): string | undefined {
  if (/libOpenCL\.so|OpenCL\.dll/i.test(message)) {
    return (
      "The GPU's driver is missing: OpenVINO reaches GPUs through OpenCL. Install it (Debian, Ubuntu: apt install " +
      'ocl-icd-libopencl1 intel-opencl-icd; Fedora: dnf install ocl-icd intel-compute-runtime; in a container also pass ' +
      "--device /dev/dri), or use device: 'CPU'."
    );
  }
  const [, device] = /Device with "(\w+)" name is not registered/.exec(message) ?? [];
  if (!device) return undefined;
  const needsPlugin = device === 'GPU' || device === 'NPU';
  return needsPlugin
    ? `The plugin for ${device} is not installed: npm install @openvino-diffusers/runtime-${process.platform}-${process.arch}-full, or use device: 'CPU'.`
    : `See what there is here: npx openvino-diffusers doctor.`;
}
