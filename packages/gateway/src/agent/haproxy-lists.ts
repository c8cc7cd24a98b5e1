import { nameAttributes, parseCertificate } from '@sallyport/pki'
import { fromBase64url, type TrustedIssuer } from '@sallyport/wire'
import type { KnownChange } from '../worker/messages.ts'

/** What HAProxy refuses by: lists of what is not active. */
export const haproxyLists = {
  device: {
    file: 'devices.acl',
    /** As the configuration finds it in the DER of a certificate: the characters of the id in hex. */
    valueOf: (deviceId: string) => Buffer.from(deviceId, 'latin1').toString('hex').toUpperCase(),
  },
  certificate: {
    file: 'certificates.acl',
    /** `ssl_c_der,sha2(256),hex`. */
    valueOf: (thumbprint: string) =>
      Buffer.from(fromBase64url(thumbprint) ?? [])
        .toString('hex')
        .toUpperCase(),
  },
} as const

export type HaproxyListName = keyof typeof haproxyLists

/** The list that a change is about, where HAProxy can know of it at all: it sees no tokens. */
export function listOf(kind: KnownChange['kind']): HaproxyListName | undefined {
  return kind === 'device' || kind === 'certificate' ? kind : undefined
}

/**
 * What HAProxy goes by where an app has `certificate.status: issued`: certificates that the registry issued, in the
 * form of `certificates.acl`; and CAs whose certificates are not known one by one, so that nobody looks for them.
 */
export const issuedLists = {
  issued: { file: 'issued.acl' },
  unlisted: { file: 'unlisted-cas.acl' },
} as const

const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
}

/**
 * The names of CAs whose certificates need not be listed, as HAProxy has them: `ssl_c_i_dn,hex`. A name that a CA
 * with a list has as well is none of them, nor is one that HAProxy might write otherwise: then its devices must be
 * listed, and are refused. Whoever has the key of a CA cannot give another name than that CA's: OpenSSL finds the
 * CA of a certificate by it.
 */
export function unlistedNames(issuers: readonly TrustedIssuer[]): string[] {
  const named = issuers.map((issuer) => ({ issuer, name: nameOf(issuer) }))
  const listed = new Set(
    named.flatMap(({ issuer, name }) => (issuer.status === 'issued' ? [name?.toLowerCase()] : [])),
  )
  const names = named.flatMap(({ issuer, name }) =>
    name === undefined || issuer.status === 'issued' || listed.has(name.toLowerCase())
      ? []
      : [Buffer.from(name, 'latin1').toString('hex').toUpperCase()],
  )
  return [...new Set(names)]
}

function nameOf({ certificate }: TrustedIssuer): string | undefined {
  const { subject } = parseCertificate(fromBase64url(certificate) ?? new Uint8Array())
  const parts = nameAttributes(subject).map(({ oid, value }) => {
    const short = Object.hasOwn(shortNames, oid) ? shortNames[oid] : undefined
    return short !== undefined && /^[ -.0-~]{1,200}$/.test(value) ? `/${short}=${value}` : undefined
  })
  return parts.includes(undefined) ? undefined : parts.join('')
}

/** When the authority was last heard, seconds: HAProxy refuses by its age. */
export const heardMap = { file: 'heard.map', key: 'heard' } as const
/** The CAs whose devices HAProxy lets in. */
export const caFile = 'device-ca.pem'
/** The streams that are open, by device and address. */
export const streamTable = 'sallyport_streams'
