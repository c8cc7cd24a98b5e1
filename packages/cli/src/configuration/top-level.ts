import { Problem } from '@sallyport/problem'

/**
 * The text of a configuration file with every top-level member blanked out but those named. Lines
 * keep their numbers and columns, so that errors still point into the whole file.
 *
 * The gateway's process is given this text and nothing else: it must never hold the path of the store,
 * of the CA's keys or of the passphrase. Works on lines, which suffices for a YAML block mapping: its
 * keys, and nothing of their values, begin in the first column.
 *
 * @param file named in errors
 * @throws Problem `config_invalid` where the file is written in another way, such as JSON
 */
export function keepTopLevel(file: string, text: string, keys: ReadonlySet<string>): string {
  let isKept = true
  return text
    .split('\n')
    .map((line, index) => {
      if (beginsMember(line)) {
        const key = memberKey(line)
        if (key === undefined) throw unusual(`${file}:${index + 1}:1`, line)
        isKept = keys.has(key)
      }
      return isKept || isMarker(line) ? line : ''
    })
    .join('\n')
}

/** Whether a line stands in the first column and is neither comment nor document marker. */
function beginsMember(line: string): boolean {
  return /^[^\s#]/.test(line) && !isMarker(line)
}

function isMarker(line: string): boolean {
  return /^(?:---|\.\.\.|%)/.test(line)
}

/** The key of `key:` or `"key":`, the only forms that a key of ours is written in. */
function memberKey(line: string): string | undefined {
  const match = /^(?:([A-Za-z][A-Za-z0-9]*)|"([A-Za-z0-9]+)"|'([A-Za-z0-9]+)')\s*:(?:\s|$)/.exec(
    line,
  )
  return match?.[1] ?? match?.[2] ?? match?.[3]
}

function unusual(place: string, line: string): Problem {
  return new Problem('config_invalid', {
    detail: `${place}: the gateway reads its part of the file by lines, and this line begins no key`,
    expected: 'each top-level key at the beginning of a line of its own, followed by a colon',
    found: line.slice(0, 80),
  })
}
