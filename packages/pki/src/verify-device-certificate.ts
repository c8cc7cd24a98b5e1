import { createHash } from 'node:crypto'
import { isProblem, type ReasonCode } from '@sallyport/problem'
import { type Assurance, toBase32 } from '@sallyport/wire'
import { type Certificate, parseCertificate } from './certificate.ts'
import {
  assurancesOf,
  checksOfIssue,
  checksOfLeaf,
  type DeviceCheck,
  deviceUriOf,
  type Examined,
} from './device-checks.ts'
import { decodeFacts, decodePredecessors, type DeviceFacts } from './device-extensions.ts'
import { nameText } from './distinguished-name.ts'
import { oids } from './oids.ts'
import { findIssuer, type TrustBundle } from './trust-bundle.ts'

/** Who a verified certificate says is calling. */
export type DeviceIdentity = {
  /** Ours `dev_…`; of a foreign issuer `ext_` and 26 characters made from its key and the URI. */
  readonly deviceId: string
  readonly appId: string | undefined
  readonly trustDomain: string
  readonly uri: string
  readonly assurance: Assurance
  readonly development: boolean
  /** Whether the issuer is of this deployment. */
  readonly own: boolean
  readonly facts: DeviceFacts | undefined
  /** Thumbprints, base64url. */
  readonly predecessors: readonly string[]
  readonly thumbprint: string
  /** When it may be believed, in milliseconds: while both the certificate and its issuer are valid. */
  readonly notBefore: number
  readonly notAfter: number
  /** SHA-256 of the issuer's SPKI, base64url: the key of an `issuer` change. */
  readonly issuerSpki: string
}

/** One check, and how it came out. Expected and found are for the operator alone. */
export type Check = {
  readonly check: string
  readonly ok: boolean
  readonly code?: ReasonCode
  readonly expected: string
  readonly found: string
}

export type Verification =
  | { readonly ok: true; readonly device: DeviceIdentity }
  | { readonly ok: false; readonly failed: Check }

/**
 * Verifies a device's certificate against what a gateway believes, and tells whose it is or which
 * check failed first. Never throws for what is in the certificate. Not checked, because they change
 * from one request to the next: dates (`checkDates`) and the status of device, certificate, issuer.
 */
export function verifyDeviceCertificate(leafDer: Uint8Array, bundle: TrustBundle): Verification {
  const leaf = read(leafDer)
  if ('check' in leaf) return { ok: false, failed: leaf }
  const issuer = findIssuer(leaf, bundle)
  if (issuer === undefined) return { ok: false, failed: issuerCheck(leaf, bundle, false) }
  const examined = { leaf, bundle, issuer }
  const failed = firstFailure(checksOfLeaf, leaf) ?? firstFailure(checksOfIssue, examined)
  return failed === undefined ? { ok: true, device: identify(examined) } : { ok: false, failed }
}

/**
 * The same checks run to the end, and the dates: for `explain`. Where the issuer is not known, what
 * depends on it is left out.
 */
export function checkDeviceCertificate(
  leafDer: Uint8Array,
  bundle: TrustBundle,
  options: { now: number },
): Check[] {
  const leaf = read(leafDer)
  if ('check' in leaf) return [leaf]
  const issuer = findIssuer(leaf, bundle)
  const ofLeaf = checksOfLeaf.map((row) => outcome(row, leaf))
  const encoding: Check = {
    check: 'encoding',
    ok: true,
    expected: encodingExpected,
    found: 'it reads',
  }
  if (issuer === undefined) {
    return [encoding, issuerCheck(leaf, bundle, false), ...ofLeaf, ...dateChecks(leaf, options.now)]
  }
  const examined = { leaf, bundle, issuer }
  const validity = validityOf(examined)
  return [
    encoding,
    issuerCheck(leaf, bundle, true),
    ...ofLeaf,
    ...checksOfIssue.map((row) => outcome(row, examined)),
    ...dateChecks(validity, options.now),
  ]
}

type Validity = { readonly notBefore: number; readonly notAfter: number }

/** The dates of a verified device at a time in milliseconds: undefined, or the check that fails. */
export function checkDates(device: Validity, now: number): Check | undefined {
  if (now >= device.notBefore && now <= device.notAfter) return undefined
  return dateChecks(device, now).find(({ ok }) => !ok)
}

const encodingExpected = 'DER, X.509 version 3 (RFC 5280 §4.1), at most 16 KiB'

function read(der: Uint8Array): Certificate | Check {
  try {
    return parseCertificate(der)
  } catch (error) {
    if (!isProblem(error)) throw error
    return {
      check: 'encoding',
      ok: false,
      code: 'device_certificate_malformed',
      expected: encodingExpected,
      found: error.found ?? error.message,
    }
  }
}

function issuerCheck(leaf: Certificate, bundle: TrustBundle, ok: boolean): Check {
  const names = bundle.issuers.slice(0, 2).map(({ certificate }) => nameText(certificate.subject))
  const more = bundle.issuers.length > 2 ? ` or ${bundle.issuers.length - 2} more` : ''
  const keyId = leaf.authorityKeyId === undefined ? '' : `, key ${leaf.authorityKeyId.slice(0, 40)}`
  return {
    check: 'issuer',
    ok,
    ...(ok ? {} : { code: 'device_certificate_untrusted' as const }),
    expected: names.length === 0 ? 'a trusted CA, and there is none' : names.join(' or ') + more,
    found: nameText(leaf.issuer) + keyId,
  }
}

function firstFailure<S>(rows: readonly DeviceCheck<S>[], subject: S): Check | undefined {
  for (const row of rows) if (!row.holds(subject)) return outcome(row, subject)
  return undefined
}

function outcome<S>(row: DeviceCheck<S>, subject: S): Check {
  const ok = row.holds(subject)
  return {
    check: row.check,
    ok,
    ...(ok ? {} : { code: row.code }),
    expected: row.expected(subject),
    found: row.found(subject),
  }
}

function dateChecks({ notBefore, notAfter }: Validity, now: number): Check[] {
  const time = (ms: number) => new Date(ms).toISOString()
  const row = (check: string, ok: boolean, code: ReasonCode, expected: string): Check => ({
    check,
    ok,
    ...(ok ? {} : { code }),
    expected,
    found: `the time is ${time(now)}`,
  })
  const begun = now >= notBefore
  const lasts = now <= notAfter
  return [
    row('not-before', begun, 'device_certificate_not_yet_valid', `valid from ${time(notBefore)}`),
    row('not-after', lasts, 'device_certificate_expired', `valid until ${time(notAfter)}`),
  ]
}

function validityOf({ leaf, issuer }: Examined): Validity {
  return {
    notBefore: Math.max(leaf.notBefore, issuer.certificate.notBefore),
    notAfter: Math.min(leaf.notAfter, issuer.certificate.notAfter),
  }
}

/** Only after every check has held. */
function identify(examined: Examined): DeviceIdentity {
  const { leaf, issuer } = examined
  const [uri = ''] = leaf.uris
  const parts = issuer.own ? deviceUriOf(leaf) : undefined
  const facts = issuer.own ? leaf.extensions.get(oids.facts) : undefined
  const predecessors = issuer.own ? leaf.extensions.get(oids.predecessors) : undefined
  return {
    deviceId: parts?.deviceId ?? foreignDeviceId(issuer.certificate.spki, uri),
    appId: parts?.appId,
    trustDomain: issuer.trustDomain,
    uri,
    assurance: (issuer.own ? assurancesOf(leaf)[0] : undefined) ?? 'unattested',
    development: issuer.kind === 'development',
    own: issuer.own,
    facts: facts === undefined ? undefined : decodeFacts(facts.value),
    predecessors: predecessors === undefined ? [] : decodePredecessors(predecessors.value),
    thumbprint: leaf.thumbprint,
    ...validityOf(examined),
    issuerSpki: issuer.certificate.spkiSha256,
  }
}

/** Two foreign CAs can name the same URI: the issuer's key is part of the id. */
function foreignDeviceId(issuerSpki: Uint8Array, uri: string): string {
  const digest = createHash('sha256').update(issuerSpki).update(uri, 'latin1').digest()
  return `ext_${toBase32(digest.subarray(0, 16))}`
}
