/**
 * Lines of a shell that take an entry out of the package, archive by archive. Reports put the file that was scanned in
 * place of PACKAGE; folders are copied instead of unpacked.
 *
 * @param pipe what is done with its bytes: `| gunzip > found`
 */
export function entryLines(path: string, pipe: string): string[] {
  const levels = path.split('!/')
  return levels.map((entry, index) => {
    const from = index === 0 ? 'PACKAGE' : `level${index}`
    const to = index === levels.length - 1 ? pipe : `> level${index + 1}`
    return `unzip -p ${from} ${quoted(entry)} ${to}`
  })
}

/** For a shell. What cannot be seen, or would end the quotes, is left to the shell to match. */
export function quoted(text: string): string {
  return `'${text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]|'/gu, '?')}'`
}
