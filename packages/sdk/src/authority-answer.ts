import {
  type Assurance,
  assurances,
  type ChallengeResponse,
  fromBase64url,
  type IssuedCertificate,
} from '@sallyport/wire'
import { SallyportError } from './sallyport-error.ts'

/** What this client uses of the answers of the authority, read member by member. Times in milliseconds. */
export type Challenge = { readonly text: string; readonly bytes: Uint8Array }

export type Issued = {
  readonly deviceId: string
  readonly assurance: Assurance
  readonly certificates: readonly string[]
  readonly notAfter: number
  readonly renewAfter: number
  readonly graceUntil: number
  /** https origin for calls with the certificate. */
  readonly mtlsUrl?: string
}

export type Members = ReadonlyMap<string, unknown>

/** The members of a JSON object, without its prototype; throws `answer_malformed`. */
export function readMembers(value: unknown): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return new Map<string, unknown>(Object.entries(value))
  }
  throw malformed('the body is not a JSON object')
}

export function readChallenge(members: Members): Challenge {
  const text = readText(members, 'challenge' satisfies keyof ChallengeResponse, 43)
  const bytes = fromBase64url(text)
  if (bytes?.length !== 32) throw malformed('challenge is not 32 bytes in base64url')
  return { text, bytes }
}

/** Checks too that the certificate is for this key: an answer of another's would only fail later, in TLS. */
export function readIssued(members: Members, spki: Uint8Array): Issued {
  const certificates = members.get('certificates' satisfies keyof IssuedCertificate)
  if (!Array.isArray(certificates) || certificates.length === 0 || certificates.length > 10) {
    throw malformed('certificates is not a list of 1 to 10')
  }
  const chain = certificates.map((item: unknown) => {
    const bytes =
      typeof item === 'string' && item.length <= 22_000 ? fromBase64url(item) : undefined
    if (bytes === undefined) throw malformed('a certificate is not base64url')
    return { text: item as string, bytes }
  })
  const leaf = chain[0]
  if (leaf === undefined || !containsBytes(leaf.bytes, spki)) {
    throw malformed('the certificate is for another key')
  }
  const assurance = assurances.find((known) => known === members.get('assurance'))
  if (assurance === undefined) throw malformed('assurance is none that this version knows')
  const mtlsUrl = readOptionalText(members, 'mtlsUrl', 320)
  if (mtlsUrl !== undefined && !/^https:\/\/[^/?#@\s]+$/.test(mtlsUrl)) {
    throw malformed('mtlsUrl is no https origin')
  }
  return {
    ...(mtlsUrl === undefined ? {} : { mtlsUrl }),
    deviceId: readText(members, 'deviceId', 80),
    assurance,
    certificates: chain.map(({ text }) => text),
    notAfter: readTime(members, 'notAfter'),
    renewAfter: readTime(members, 'renewAfter'),
    graceUntil: readTime(members, 'graceUntil'),
  }
}

export function readTime(members: Members, name: string): number {
  const time = Date.parse(readText(members, name, 40))
  if (Number.isNaN(time)) throw malformed(`${name} is not a time`)
  return time
}

export function readText(members: Members, name: string, maximum: number): string {
  const value = members.get(name)
  if (typeof value === 'string' && value.length > 0 && value.length <= maximum) return value
  throw malformed(`${name} is not text of 1 to ${maximum} characters`)
}

/** As `readText`, or undefined where there is no such member. */
export function readOptionalText(
  members: Members,
  name: string,
  maximum: number,
): string | undefined {
  return members.get(name) === undefined ? undefined : readText(members, name, maximum)
}

/** The items of a list, of which none was looked at. */
export function readItems(members: Members, name: string, maximum: number): readonly unknown[] {
  const items = members.get(name)
  if (Array.isArray(items) && items.length <= maximum) return items
  throw malformed(`${name} is not a list of at most ${maximum}`)
}

function malformed(detail: string): SallyportError {
  return new SallyportError('answer_malformed', { detail: `the authority answered: ${detail}` })
}

/** DER holds the SubjectPublicKeyInfo of a certificate as it is, so that no parser is needed to find it. */
function containsBytes(whole: Uint8Array, part: Uint8Array): boolean {
  const last = whole.length - part.length
  for (let start = 0; start <= last; start++) {
    let length = 0
    while (length < part.length && whole[start + length] === part[length]) length++
    if (length === part.length) return part.length > 0
  }
  return false
}
