/**
 * Works on items, several at a time. After the first failure no other item is started, those in progress are
 * cancelled, and their end is awaited: nothing continues in the background.
 *
 * @param cancel - aborts what is in progress
 * @throws the first failure
 */
export async function inParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
  cancel: (reason: unknown) => void,
): Promise<void> {
  const waiting = items.values();
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (const item of waiting) {
      if (failures.length > 0) return;
      try {
        await work(item);
      } catch (reason) {
        // Later failures are consequences of the cancellation.
        if (failures.push(reason) === 1) cancel(reason);
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  if (failures.length > 0) throw failures[0];
}
