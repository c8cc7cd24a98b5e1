// What the platform's parser leaves to Java's library, done as that does it.

/** `String.trim()`: everything up to U+0020 at both ends. */
export function javaTrim(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text.charCodeAt(start) <= 0x20) start++
  while (start < end && text.charCodeAt(end - 1) <= 0x20) end--
  return text.slice(start, end)
}

const date = /^[ \t]*(\d{1,9})-[ \t]*(\d{1,9})-[ \t]*(\d{1,9})/

/**
 * `SimpleDateFormat("yyyy-MM-dd")`, not lenient: digits may be fewer or more, spaces may precede each number, what
 * follows the day is not looked at. The year is as written: `27` is the first century.
 *
 * @returns the beginning of that day in UTC; undefined where Java throws
 */
export function javaDate(text: string): Date | undefined {
  const [year, month, day] = (date.exec(text) ?? []).slice(1).map(Number)
  if (year === undefined || month === undefined || day === undefined) return undefined
  if (year < 1 || year > 200_000) return undefined
  const found = new Date(0)
  found.setUTCFullYear(year, month - 1, day)
  const isSame = found.getUTCMonth() === month - 1 && found.getUTCDate() === day
  return isSame && month <= 12 ? found : undefined
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/**
 * `android.util.Base64.decode(text, DEFAULT)`: characters outside the alphabet are passed over, padding may be left
 * out, but not be wrong.
 *
 * @returns undefined where it throws
 */
export function androidBase64(text: string): Buffer | undefined {
  let digits = ''
  let padding = 0
  for (const character of text) {
    if (character === '=') {
      // One belongs behind three digits, two behind two.
      if (digits.length % 4 < 2 || padding >= 4 - (digits.length % 4)) return undefined
      padding += 1
    } else if (alphabet.includes(character)) {
      if (padding > 0) return undefined
      digits += character
    }
  }
  const left = digits.length % 4
  if (left === 1 || (left === 2 && padding === 1)) return undefined
  return Buffer.from(digits, 'base64')
}
