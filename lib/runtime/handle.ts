/**
 * The native object in a wrapper, whichever copy of this package (ESM or CommonJS) has made it. Plain JavaScript may
 * pass anything: what has no handle is refused by the addon itself, as are handles of another kind.
 */
export function handleOf<H>(wrapper: { readonly handle: H }): H {
  return (wrapper as { readonly handle: H } | null | undefined)?.handle as H;
}
