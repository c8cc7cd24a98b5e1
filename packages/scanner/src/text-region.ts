/** Where a text lies: what a string is worth depends on it. */
export type TextSource =
  | 'code-strings' // string pool of DEX, IL, Dart …
  | 'native-strings' // printable runs of ELF, Mach-O
  | 'script' // JavaScript, Hermes
  | 'resource-strings' // resources.arsc, resources.pb
  | 'markup' // values of decoded XML
  | 'property-list'
  | 'file' // any other entry that is text
  | 'bytes' // an entry of unknown content, as latin1

/**
 * Text of one entry, in one piece of at most a few MB: a file, or the strings of a pool one after another, each
 * ended by `\n` (a string may hold one itself). Detectors run over it once, whole.
 */
export type TextRegion = {
  readonly path: string
  readonly source: TextSource
  readonly text: string
  /** How the text is encoded where it lies. */
  readonly encoding: 'latin1' | 'utf8' | 'mutf8' | 'utf16le' | 'utf16be'
  /** Byte in the entry at which the character at this index of `text` lies. */
  readonly offsetAt: (index: number) => number
}
