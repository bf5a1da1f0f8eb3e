/** Stable codes of process warnings, for `process.on('warning', ({ code }) => …)`. */
export type WarningCode =
  | 'PROMPT_TRUNCATED'
  | 'UNEXPECTED_WEIGHTS'
  | 'VARIANT_FALLBACK'
  | 'COMPONENT_MISSING'
  | 'UNKNOWN_CONFIG_KEY'
  | 'SAFETY_CHECKER_DISABLED'
  | 'NSFW_CONTENT_DETECTED';

/** Emits a process warning: something a user should know that does not stop the work. */
export function warn(code: WarningCode, message: string): void {
  process.emitWarning(message, { type: 'OpenVINODiffusersWarning', code });
}
