/**
 * JSON that is safe to print: JSON escapes C0 control characters by itself, and leaves DEL and C1, which
 * drive terminals as well, as they are. The value is the same for whoever parses it.
 */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(/[\u007f-\u009f]/g, (character) => {
    return `\\u00${character.charCodeAt(0).toString(16)}`
  })
}
