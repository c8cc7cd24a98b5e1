import { fromBase64url } from '@sallyport/wire'
import { readJsonObject } from '../json-object.ts'

/** A part of a JWT as a JSON object. Undefined where it is none, or has two members of one name. */
export function readPart(text: string): Record<string, unknown> | undefined {
  const bytes = fromBase64url(text)
  if (bytes === undefined) return undefined
  try {
    return readJsonObject(bytes)
  } catch {
    // What was read is not told: it comes from whoever sent it, and nobody has verified it.
    return undefined
  }
}
