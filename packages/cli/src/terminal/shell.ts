import path from 'node:path'

/** A word as a POSIX shell takes it, quoted only where it must be. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** Words as one line to paste. */
export function shellLine(...words: string[]): string {
  return words.map(shellWord).join(' ')
}

/**
 * How this command was called, so that lines that we print work when pasted: through npm or npx, by its
 * name, or by its path.
 */
export function commandWords(environment: NodeJS.ProcessEnv, script: string | undefined): string[] {
  const npm = environment['npm_config_user_agent'] ?? environment['npm_execpath'] ?? ''
  if (npm !== '') return ['npx', 'sallyport']
  const called = script === undefined ? 'sallyport' : path.basename(script)
  if (called === 'sallyport') return ['sallyport']
  return ['node', path.resolve(script ?? 'sallyport')]
}
