/**
 * The symbols that `using` and `await using` look for. Realms may lack them (Jest's on Node 20); what TypeScript,
 * Babel and bundlers compile `using` to then falls back to the registered symbols of the same names.
 */
export const dispose: typeof Symbol.dispose =
  (Symbol as Partial<SymbolConstructor>).dispose ?? (Symbol.for('Symbol.dispose') as typeof Symbol.dispose);

export const asyncDispose: typeof Symbol.asyncDispose =
  (Symbol as Partial<SymbolConstructor>).asyncDispose ??
  (Symbol.for('Symbol.asyncDispose') as typeof Symbol.asyncDispose);
