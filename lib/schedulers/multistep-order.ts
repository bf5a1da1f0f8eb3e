/** With fewer steps than these, `lowerOrderFinal` lowers the order of the last ones. */
const LOWER_ORDER_FINAL_LIMIT = 15;

/** The keys that lower the order of a multistep DPM-Solver's last steps. */
export interface MultistepOrderConfig {
  solverOrder: number;
  lowerOrderFinal: boolean;
  eulerAtFinal: boolean;
  finalSigmasType: 'zero' | 'sigma_min';
}

/**
 * The highest order of a multistep DPM-Solver's step; the first ones have fewer predictions to use.
 *
 * @param index - of the step, from 0
 * @param count - of the steps
 */
export function multistepOrder(config: MultistepOrderConfig, index: number, count: number): number {
  const { solverOrder, lowerOrderFinal, eulerAtFinal, finalSigmasType } = config;
  const lowers = lowerOrderFinal && count < LOWER_ORDER_FINAL_LIMIT;
  const stepsLeft = count - 1 - index;
  if (stepsLeft === 0 && (eulerAtFinal || lowers || finalSigmasType === 'zero')) return 1;
  return stepsLeft === 1 && lowers ? Math.min(2, solverOrder) : solverOrder;
}
