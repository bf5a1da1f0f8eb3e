/**
 * A plugin of TypeDoc: methods that override one of a documented class without a docstring of their own get its
 * docstring. TypeDoc does that itself only where every class between the two is exported.
 */
import { Converter, ReflectionKind } from 'typedoc';

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    const signatures = project.getReflectionsByKind(ReflectionKind.CallSignature);
    const own = signatures.filter(
      ({ comment, overwrites, inheritedFrom }) => comment && !overwrites && !inheritedFrom,
    );
    for (const signature of signatures) {
      if (signature.comment || !(signature.overwrites || signature.inheritedFrom)) continue;
      const [base, another] = own.filter(({ name }) => name === signature.name);
      // Of two there is no saying which is meant.
      if (!another) signature.comment = base?.comment?.clone();
    }
  });
}
