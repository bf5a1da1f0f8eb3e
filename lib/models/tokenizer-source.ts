/** Where a tokenizer's files are. */
export interface TokenizerSource {
  readonly folder: string;
  /** What its JSON files say, by name, in place of those in the folder. */
  readonly files?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
}
