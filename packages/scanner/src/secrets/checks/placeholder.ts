/** What stands where a secret will be put: in templates, documentation, messages. */
const placeholders: readonly RegExp[] = [
  /example|sample|dummy|placeholder|change_?me|insert|replace|your[_-]?(?:api|key|token|secret)|redacted|foobar|t0d0/i,
  /x{5,}|\*{3,}|\.{3,}|_{5,}|-{6,}/i,
  /^<.*>$|\$\{|\{\{|%[sd@]|%\(|<%|\$\(/,
  // Six of one kind, or a run along the keyboard's digits or the alphabet, are not random.
  /([A-Za-z0-9])\1{5}/,
  /(?:0?123456789|9876543210|abcdefghi|qwertyuiop|deadbeef|cafebabe)/i,
]

/** Words that make a value somebody's test. For values of no particular form only: random ones may hold them. */
const words = /test|demo|fake|mock|none|null|undefined|default|secret|password|passwd|token|apikey/i

/** Whether a value, or a part of it, says that it stands for another. */
export function isPlaceholder(secret: string): boolean {
  return placeholders.some((placeholder) => placeholder.test(secret))
}

/** Whether a value holds a word that names a secret, or a test, rather than being one. */
export function holdsTellingWord(secret: string): boolean {
  return words.test(secret)
}
