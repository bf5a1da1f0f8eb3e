const EVERY = 10; // ms

/**
 * Watches how long the event loop is away.
 *
 * @returns a function that ends the watch and gives the longest time between two turns, in ms
 */
export function watchTicks() {
  let last = performance.now();
  let longest = 0;
  const interval = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, EVERY);
  return () => {
    clearInterval(interval);
    return Math.max(longest, performance.now() - last);
  };
}
