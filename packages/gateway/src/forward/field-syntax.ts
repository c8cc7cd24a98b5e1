/** `field-name = token` (RFC 9110 §5.6.2). */
export const tokenPattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * What no field value may hold: controls but HTAB, and characters that are not one byte, which a
 * latin1 write would fold onto CR and LF (RFC 9110 §5.5).
 */
export const forbiddenInValue = /[^\t\x20-\x7e\x80-\xff]/

/** What no request-target may hold: space, controls, and characters that are not one byte. */
export const forbiddenInTarget = /[^\x21-\x7e\x80-\xff]/

/** The options of Connection fields in lower case (RFC 9110 §7.6.1). */
export function connectionOptions(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((option) => option.trim())
    .filter((option) => option !== '')
}
