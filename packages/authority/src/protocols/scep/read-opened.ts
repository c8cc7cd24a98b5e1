import { isProblem, Problem } from '@sallyport/problem'

/**
 * Reads what was in an envelope, where nothing proves yet who wrote it: a request that somebody recorded can be
 * bent, and signed by anybody. Whatever is wrong with it is told as if it could not be decrypted, since answers
 * that differ read the challenge of the recorded one out, byte by byte (Vaudenay). The log has what it was.
 *
 * @throws Problem `cms_decryption_failed`
 */
export function readOpened<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!isProblem(error)) throw error
    const { code, expected = 'what such a message holds', found = 'something else' } = error
    throw new Problem('cms_decryption_failed', {
      expected,
      found: `${code}: ${found}`,
      cause: error,
    })
  }
}
