import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';

import { readParameters } from '../../../../lib/image/index.js';
import { readUserComment } from '../../../../lib/image/metadata/user-comment.js';
import { compressedPngs, exifImages, pillowPngs } from '../../../support/image-reference.js';

describe('changed images', () => {
  const originals = [...pillowPngs, ...compressedPngs]
    .map(({ png }) => png)
    .concat(exifImages.map(({ image }) => image));
  const changed = fc
    .record({
      original: fc.constantFrom(...originals),
      changes: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
      end: fc.option(fc.nat()),
    })
    .map(({ original, changes, end }) => {
      const image = Buffer.from(original);
      for (const [at, byte] of changes) image[at % image.length] = byte;
      return end === null ? image : image.subarray(0, end % image.length);
    });

  test('give a text, none, or an error with a code', async () => {
    await fc.assert(
      fc.asyncProperty(changed, async (image) => {
        const outcome = await readParameters(image).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'INVALID_ARGUMENT' });
        else expect(['string', 'undefined']).toContain(typeof outcome);
      }),
      { numRuns: 2000 },
    );
  });

  test('have a comment or none, whatever their EXIF holds', async () => {
    const blocks = await Promise.all(
      exifImages.map(async ({ image }) => (await sharp(image).metadata()).exif!),
    );
    const block = fc
      .tuple(
        fc.constantFrom(...blocks),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }),
        fc.nat(),
      )
      .map(([original, changes, end]) => {
        const exif = Buffer.from(original);
        for (const [at, byte] of changes) exif[at % exif.length] = byte;
        return exif.subarray(0, end % (2 * exif.length));
      });
    fc.assert(
      fc.property(
        fc.oneof(
          block,
          fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
        ),
        (exif) => {
          expect(['string', 'undefined']).toContain(typeof readUserComment(exif));
        },
      ),
      { numRuns: 5000 },
    );
    expect(readUserComment(Buffer.alloc(0))).toBeUndefined();
  });
});
