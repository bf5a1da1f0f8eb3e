/**
 * Works on items, several at a time. After the first failure no item is begun, and those under way are called off
 * and waited for: nothing goes on behind the caller's back.
 *
 * @param callOff - stops what is under way
 * @throws the first failure
 */
export async function inParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
  callOff: (reason: unknown) => void,
): Promise<void> {
  const waiting = items.values();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (const item of waiting) {
      if (failures.length > 0) return;
      try {
        await work(item);
      } catch (reason) {
        // Later ones come of having been called off.
        if (failures.push(reason) === 1) callOff(reason);
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  if (failures.length > 0) throw failures[0];
}
