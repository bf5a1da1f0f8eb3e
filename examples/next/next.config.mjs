/** @type {import('next').NextConfig} */
export default {
  // Native code stays in node_modules.
  serverExternalPackages: ['openvino-diffusers', 'sharp'],
  // Copies what the server needs, the addon and OpenVINO included, into .next/standalone.
  output: 'standalone',
};
