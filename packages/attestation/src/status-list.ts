import { Problem } from '@sallyport/problem'

/** One entry of Google's list of attestation keys that are no longer good. */
export type StatusListEntry = {
  /** `REVOKED` and `SUSPENDED` both refuse, and so does a word of tomorrow. */
  readonly status: string
  readonly reason: string | undefined
}

/** By serial number in lower-case hex without leading zeros; keys of digits alone are hex too. */
export type StatusList = {
  readonly entries: ReadonlyMap<string, StatusListEntry>
  /** When it was fetched; milliseconds. */
  readonly fetchedAt: number
}

/** Google's list has some thousand entries of about 80 bytes. */
export const maxStatusListBytes = 16 * 1024 * 1024

const serial = /^[0-9a-f]{1,40}$/
/** Negative, or over 20 bytes: no certificate that is read here has such a serial number (RFC 5280 §4.1.2.2). */
const foreignSerial = /^-?[0-9a-f]+$/

/**
 * Reads Google's list of attestation keys, JSON as
 * `{"entries": {"<serial in hex>": {"status": "REVOKED", "reason": "KEY_COMPROMISE"}}}`
 * (https://developer.android.com/privacy-and-security/security-key-attestation#certificate_status).
 * Members that are not known are ignored, and so are serial numbers that no certificate can have.
 * `fetchedAt`: milliseconds. Problem `status_list_malformed`, also where a single other entry cannot be
 * read: a list that is partly understood lets a stolen key pass.
 */
export function parseStatusList(json: string | Uint8Array, fetchedAt: number): StatusList {
  if (json.length > maxStatusListBytes) {
    throw malformed(`at most ${maxStatusListBytes} bytes`, `${json.length}`)
  }
  const entries = new Map<string, StatusListEntry>()
  for (const [key, value] of Object.entries(listedEntries(json))) {
    const name = key.toLowerCase().replace(/^0+(?=.)/, '')
    if (!serial.test(name)) {
      if (foreignSerial.test(name)) continue
      throw malformed('serial numbers in hex', key.slice(0, 60))
    }
    // Two spellings of one serial number: the first is as good as the second, and both refuse.
    entries.set(name, readEntry(key, value))
  }
  return { entries, fetchedAt }
}

function listedEntries(json: string | Uint8Array): Record<string, unknown> {
  const text = typeof json === 'string' ? json : Buffer.from(json).toString('utf8')
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch (error) {
    throw malformed('JSON', error instanceof Error ? error.message : String(error))
  }
  const entries = isRecord(list) ? list['entries'] : undefined
  if (!isRecord(entries)) throw malformed('an object with the member entries', text.slice(0, 60))
  return entries
}

function readEntry(key: string, value: unknown): StatusListEntry {
  const status = isRecord(value) ? value['status'] : undefined
  const reason = isRecord(value) ? value['reason'] : undefined
  if (typeof status !== 'string') throw malformed(`a status of ${key}`, typeof status)
  return { status, reason: typeof reason === 'string' ? reason : undefined }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(expected: string, found: string): Problem {
  return new Problem('status_list_malformed', { expected, found })
}
