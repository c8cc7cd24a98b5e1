import { fromBase64 } from './base64.ts'

/** Bytes of a field that is one Byte Sequence (RFC 9651 §3.3.5), as `Client-Cert` is (RFC 9440 §2.2). */
export function fromByteSequence(text: string): Buffer | undefined {
  const isMarked = text.length >= 2 && text.startsWith(':') && text.endsWith(':')
  return isMarked ? fromBase64(text.slice(1, -1)) : undefined
}

/** The members of a List whose members hold no comma, as Byte Sequences do not (RFC 9651 §3.1). */
export function listMembers(text: string): string[] {
  return text.split(',').map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''))
}
