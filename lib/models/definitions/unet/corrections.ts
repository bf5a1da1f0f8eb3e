/** Versions before this one wrote `sample_size: 32` into models that were trained at 64. */
const CORRECTED_SINCE_MINOR = 9;
const SAMPLE_SIZE = 64;

/**
 * A UNet's configuration as diffusers' pipelines correct it: that of a model written by diffusers before 0.9.0 with a
 * `sample_size` below 64 has 64.
 *
 * @see diffusers' `StableDiffusionPipeline.__init__`
 */
export function correctUNetConfig(
  config: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { _diffusers_version: version, sample_size: size } = config;
  const isSmall = Number.isInteger(size) && (size as number) < SAMPLE_SIZE;
  return isSmall && isOld(version) ? { ...config, sample_size: SAMPLE_SIZE } : config;
}

function isOld(version: unknown): boolean {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(typeof version === 'string' ? version.trim() : '') ?? [];
  return major === '0' && Number(minor) < CORRECTED_SINCE_MINOR;
}
