import { expect, it } from 'vitest';

import { betaQuantile } from '../../../lib/schedulers/beta-quantile.js';

// scipy 1.17: scipy.stats.beta.ppf(p, a, b)
it.each([
  [1e-6, 0.6, 0.6, 1.8558824624053043e-10],
  [0.01, 0.6, 0.6, 0.0008612388215429059],
  [0.1, 0.6, 0.6, 0.03958440558878085],
  [0.37, 0.6, 0.6, 0.3227940020973615],
  [0.5, 0.6, 0.6, 0.5],
  [0.7, 0.6, 0.6, 0.7659829961247643],
  [0.999, 0.6, 0.6, 0.9999814412614826],
  [0.2, 2, 5, 0.1398806882699578],
  [0.9, 5, 1.5, 0.945754486362118],
  [0.3, 0.5, 3, 0.02652228581049731],
  [0, 0.6, 0.6, 0],
  [1, 0.6, 0.6, 1],
])('the quantile %f of the beta distribution of %f and %f is scipy’s', (p, a, b, expected) => {
  expect(Math.abs(betaQuantile(p, a, b) - expected)).toBeLessThanOrEqual(1e-12 * Math.max(expected, 1e-3));
});
