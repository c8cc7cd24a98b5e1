const maxCharacters = 256

/** Combining accents. What other scripts write with marks are other names. */
const accents = /[\u0300-\u036f]/g
/** Nothing is seen of them: soft hyphens, zero-width spaces, variation selectors (UAX #44). */
const unseen = /\p{Default_Ignorable_Code_Point}/gu
const controls = /\p{Cc}/u

/**
 * A value as accounts are compared: what differs in case, width, accents, surrounding space or characters
 * that nobody sees is the same account to most services and databases (`utf8mb4_0900_ai_ci` of MySQL), and
 * whoever guesses could write each try in another way. Two accounts that are told apart by no more share a limit.
 *
 * @returns undefined where it has control characters, at which some readers end
 */
export function comparable(value: string): string | undefined {
  const text = value.trim()
  if (controls.test(text)) return undefined
  const plain = text.normalize('NFKD').replace(accents, '').replace(unseen, '')
  // Upper case first: ß is SS, ı is I, and both sigmas are one.
  return plain.toUpperCase().toLowerCase().replace(accents, '').trim().slice(0, maxCharacters)
}
