import { createPublicKey } from 'node:crypto'
import {
  type ChainPath,
  keyNameOf,
  type PinEntry,
  pinOfSpki,
  type PinRole,
  placeOf,
  readBounded,
  readCertificates,
  titleOf,
} from '@sallyport/pins'
import { type Certificate, keyKinds, parseSigningRequest } from '@sallyport/pki'
import { Problem } from '@sallyport/problem'

type Place = Exclude<PinRole, 'backup'>

/** A pin of a certificate, as it is written into the file. */
export function entryOf(certificate: Certificate, role: Place): PinEntry {
  return {
    role,
    ...keyEntryOf(certificate.spki),
    subject: titleOf(certificate),
    notAfter: new Date(certificate.notAfter).toISOString().slice(0, 10),
  }
}

/** What is written of a key alone. */
export function keyEntryOf(spki: Buffer): { sha256: string; key?: string } {
  const key = keyNameOf(spki)
  return { sha256: pinOfSpki(spki), ...(key === undefined ? {} : { key }) }
}

/** The pins of some roles in chains that clients may build, each key once. */
export function entriesOf(paths: readonly ChainPath[], roles: readonly Place[]): PinEntry[] {
  const entries = new Map<string, PinEntry>()
  for (const { certificates } of paths) {
    for (const [index, certificate] of certificates.entries()) {
      const entry = entryOf(certificate, placeOf(certificate, index))
      if (roles.some((role) => role === entry.role)) entries.set(entry.sha256 ?? '', entry)
    }
  }
  return [...entries.values()]
}

/** What a file holds that a pin can be made of: certificates, or a key that is no certificate's yet. */
export type PinMaterial = {
  readonly certificate?: Certificate
  /** Undefined where the file does not tell. */
  readonly role?: Place
  /** DER. */
  readonly spki: Buffer
}

/**
 * Reads certificates (PEM or DER), a public key or a signing request (PEM).
 *
 * @throws Problem `command_usage` where a private key lies in it; `pins_unreadable`, `certificate_malformed`, `csr_malformed`
 */
export function readPinMaterial(file: string): PinMaterial[] {
  const text = readBounded(file).toString('latin1')
  if (text.includes('PRIVATE KEY-----')) {
    throw new Problem('command_usage', {
      detail: `${file} holds a private key, which no pin needs`,
      expected: 'a certificate, a public key or a signing request',
    })
  }
  if (text.includes('-----BEGIN PUBLIC KEY-----')) {
    return [{ spki: publicKeyOf(file, text) }]
  }
  const request = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([^-]+)-----END/.exec(text)?.[1]
  if (request !== undefined) {
    const { spki } = parseSigningRequest(Buffer.from(request, 'base64'), { keyKinds })
    return [{ spki }]
  }
  return readCertificates(file).map((certificate) => ({
    certificate,
    role: placeOf(certificate, certificate.isCa ? 1 : 0),
    spki: certificate.spki,
  }))
}

/** DER SubjectPublicKeyInfo. */
function publicKeyOf(file: string, pem: string): Buffer {
  try {
    return createPublicKey(pem).export({ format: 'der', type: 'spki' })
  } catch (cause) {
    throw new Problem('pins_unreadable', { detail: `${file}: no public key that is read`, cause })
  }
}
