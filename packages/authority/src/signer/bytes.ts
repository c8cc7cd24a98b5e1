import { fromBase64url } from '@sallyport/wire'

/** The bytes of a member, which its schema made sure is base64url. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(fromBase64url(text) ?? [])
}
