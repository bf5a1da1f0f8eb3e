/** What to say of images that the safety checker made black. */
export function flaggedNotes(flags: readonly boolean[], files: readonly string[]): string[] {
  return flags.flatMap((isFlagged, i) =>
    isFlagged
      ? [`${files[i] ?? `Image ${i + 1}`} is black: the model's safety checker flagged what it showed.`]
      : [],
  );
}
