/**
 * A JSON string, quotes included. Nearly all strings of a log need no escape, and the test for that is
 * much cheaper than JSON.stringify.
 */
export function jsonString(text: string): string {
  return needsEscape.test(text) ? escape(text) : `"${text}"`
}

// Quote, backslash, controls; and what is no ASCII, for the sake of every reader's encoding.
const needsEscape = /[^ !#-[\]-~]/

function escape(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
