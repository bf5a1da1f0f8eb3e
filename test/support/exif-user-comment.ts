/** Follows a TIFF structure from its header to the EXIF UserComment (tag 0x9286) and decodes that one's UTF-16. */
export function exifUserComment(exif: Buffer): string {
  const tiff = exif.subarray(exif.toString('latin1', 0, 4) === 'Exif' ? 6 : 0);
  const little = tiff.toString('latin1', 0, 2) === 'II';
  const u16 = (at: number) => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const u32 = (at: number) => (little ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const entryOf = (directory: number, tag: number): number => {
    for (let i = 0; i < u16(directory); i++) {
      const entry = directory + 2 + i * 12;
      if (u16(entry) === tag) return entry;
    }
    throw new Error(`no tag 0x${tag.toString(16)}`);
  };
  const exifDirectory = u32(entryOf(u32(4), 0x8769) + 8);
  const entry = entryOf(exifDirectory, 0x9286);
  const comment = tiff.subarray(u32(entry + 8), u32(entry + 8) + u32(entry + 4));
  if (comment.toString('latin1', 0, 8) !== 'UNICODE\0') throw new Error('not marked UNICODE');
  return Buffer.from(comment.subarray(8)).swap16().toString('utf16le');
}
