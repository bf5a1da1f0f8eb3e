/**
 * The quantile function of the beta distribution, which spaces noise levels for "beta sigmas"; scipy.stats.beta.ppf to
 * about 1e-14.
 *
 * The cumulative function I_x(a, b) is evaluated by its continued fraction (https://dlmf.nist.gov/8.17#v, equation
 * 8.17.22) and inverted by Newton's method, which is kept inside a shrinking bracket.
 */

const FRACTION_TERMS = 100;
const MAX_ITERATIONS = 200;

/**
 * @param p - 0 to 1
 * @param a - above 0
 * @param b - above 0
 * @returns x in 0 to 1 with I_x(a, b) = p
 */
export function betaQuantile(p: number, a: number, b: number): number {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  // Solved in the half where x is small, since 1 − x keeps no digits of a small x.
  const middle = regularizedBeta(0.5, a, b);
  return p <= middle ? solve(p, a, b) : 1 - solve(1 - p, b, a);
}

function solve(p: number, a: number, b: number): number {
  const logBeta = logGamma(a) + logGamma(b) - logGamma(a + b);
  let [low, high] = [0, 0.5];
  // Near 0 the function is x^a / (a · B(a, b)).
  let x = Math.min(Math.exp((Math.log(p * a) + logBeta) / a), 0.5);
  for (let i = 0; i < MAX_ITERATIONS; i++) {
    const excess = regularizedBeta(x, a, b) - p;
    if (excess > 0) high = x;
    else low = x;
    const density = Math.exp((a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x) - logBeta);
    const newton = x - excess / density;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (Math.abs(next - x) <= 1e-16 * x) return next;
    x = next;
  }
  return x;
}

/** I_x(a, b), the regularized incomplete beta function, for x up to 1/2. */
function regularizedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x > (a + 1) / (a + b + 2)) return 1 - regularizedBeta(1 - x, b, a);
  const logBeta = logGamma(a) + logGamma(b) - logGamma(a + b);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta) / a;
  return front * continuedFraction(x, a, b);
}

/** 1 / (1 + d₁ / (1 + d₂ / (1 + …))), from the far end; for x up to 1/2 it converges long before. */
function continuedFraction(x: number, a: number, b: number): number {
  let value = 1;
  for (let i = FRACTION_TERMS; i >= 1; i--) {
    const m = Math.floor(i / 2);
    const numerator = i % 2 === 0 ? m * (b - m) : -(a + m) * (a + b + m);
    const denominator = i % 2 === 0 ? (a + 2 * m - 1) * (a + 2 * m) : (a + 2 * m) * (a + 2 * m + 1);
    value = 1 + (numerator * x) / denominator / value;
  }
  return 1 / value;
}

/** ln Γ(x) for x above 0: Stirling's series (https://dlmf.nist.gov/5.11#E1), the argument raised where it is small. */
function logGamma(x: number): number {
  let shifted = x;
  let product = 1;
  while (shifted < 15) product *= shifted++;
  const inverse = 1 / shifted ** 2;
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / shifted;
  return (
    (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product)
  );
}
