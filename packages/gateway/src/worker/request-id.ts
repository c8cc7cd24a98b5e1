import { randomFillSync } from 'node:crypto'
import { idPrefixes } from '@sallyport/wire'

/** How many characters of a request id are those of its gateway's instance. */
export const instanceCharacters = 6

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
/** Two characters for each number of ten bits. */
const pairs: readonly string[] = [...alphabet].flatMap((first) =>
  [...alphabet].map((second) => first + second),
)
const poolWords = 2_000
const wordsPerId = 10

/**
 * Makes request ids: `req_`, six characters of the instance, and 100 random bits in base32. Random
 * and not counted, since a support code is a piece of one, and one must not lead to another's.
 *
 * @param instance id of this run of the gateway, `gwi_…`
 */
export function requestIds(instance: string): () => string {
  const start = idPrefixes.gatewayInstance.length
  const prefix = idPrefixes.request + instance.slice(start, start + instanceCharacters)
  const pool = new Uint16Array(poolWords)
  let next = poolWords
  const pair = (offset: number): string => pairs[(pool[next + offset] ?? 0) & 1023] ?? ''
  return () => {
    if (next + wordsPerId > poolWords) {
      randomFillSync(pool)
      next = 0
    }
    const id =
      prefix +
      pair(0) +
      pair(1) +
      pair(2) +
      pair(3) +
      pair(4) +
      pair(5) +
      pair(6) +
      pair(7) +
      pair(8) +
      pair(9)
    next += wordsPerId
    return id
  }
}
