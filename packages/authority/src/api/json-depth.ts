import { Problem } from '@sallyport/problem'

/** No message of ours has more than ten. */
const maxDepth = 32

/**
 * Refuses JSON whose arrays and objects are nested deeper than any message of ours, before it is parsed:
 * evidence is what its sender makes of it, and what walks it later does so by recursion. Not checked:
 * whether it is JSON at all.
 *
 * @throws Problem `message_malformed`
 */
export function refuseDeepJson(text: string): void {
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (isInString) {
      if (character === '\\') at++
      else if (character === '"') isInString = false
    } else if (character === '"') isInString = true
    else if (character === '[' || character === '{') depth++
    else if (character === ']' || character === '}') depth--
    if (depth > maxDepth) {
      throw new Problem('message_malformed', {
        detail: `Arrays and objects are nested more than ${maxDepth} deep`,
      })
    }
  }
}
