import { entropyOf } from '../checks/entropy.ts'
import { isKnownExample } from '../checks/known-example.ts'
import { holdsTellingWord, isPlaceholder } from '../checks/placeholder.ts'
import type { NamedKind } from './secret-name.ts'

/** Fronts of values that their vendors make to be public, in apps above all. */
const publicFronts =
  /^(?:pk[_.]|phc_|sb_publishable_|mob-|appl_|goog_|amzn_|public_|key_(?:live|test)_|rzp_|pub[_-]|client-token-|FLWPUBK|sq0idp-|production_|sandbox_|\d+:\d+:(?:android|ios|web)|[\w-]+\.apps\.googleusercontent\.com)/
/** Addresses, paths, dotted names, integrity hashes, header fields, versions, formats. */
const other =
  /^(?:[a-z][a-z0-9+.-]*:\/\/|[./~#@$%&]|sha\d{3}-|data:|[A-Za-z]:\\|x-[a-z]|v?\d+(?:\.\d+)+$|\d{4}-\d\d-\d\d[T ])|^[^@\s]+@[^@\s]+\.[a-z]{2,}$|\/[A-Za-z]{3,}\/|[()[\]{}<>;]|\\[fe]/i

/**
 * Whether the value of a name that promises a secret is likely one: random, where it is a key; not made of words,
 * where it is a password. A guess, and reported as one.
 */
export function looksSecret(value: string, kind: NamedKind): boolean {
  if (!/^[\x21-\x7e]+$/.test(value)) return false
  if (publicFronts.test(value) || other.test(value) || isPlaceholder(value)) return false
  if (isKnownExample(value)) return false
  if (isMadeOfWords(value)) return false
  return kind === 'key' ? looksRandom(value) : looksChosen(value)
}

/** `refreshTokenV2`, `user-session-key`, `AES_256_GCM`, `Base64Encoder`. */
function isMadeOfWords(value: string): boolean {
  const parts = value.split(
    /[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])/,
  )
  const letters = parts.filter((part) => /^[A-Za-z]+$/.test(part))
  const inWords = letters.filter((part) => part.length >= 3).join('').length
  return inWords > value.length * 0.6 || letters.some((part) => /[a-z]{9}|[A-Z]{12}/.test(part))
}

function looksRandom(value: string): boolean {
  if (value.length < 16 || value.length > 200) return false
  const digits = value.match(/\d/g)?.length ?? 0
  const letters = value.match(/[A-Za-z]/g)?.length ?? 0
  if (digits < 2 || letters < 2 || holdsTellingWord(value)) return false
  return entropyOf(value) >= (/^[0-9a-f-]+$/i.test(value) ? 2.9 : 3.3)
}

function looksChosen(value: string): boolean {
  if (value.length < 8 || value.length > 64) return false
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((one) => one.test(value)).length
  if (classes < 3 && !(classes === 2 && /\d/.test(value) && value.length >= 10)) return false
  return entropyOf(value) >= 2.6 && (classes === 4 || !holdsTellingWord(value))
}
