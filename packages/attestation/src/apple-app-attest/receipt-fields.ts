import { isProblem } from '@sallyport/problem'
import {
  type Certificate,
  DerError,
  type DerElement,
  octetsOf,
  parseCertificate,
  readDer,
  smallIntegerOf,
  tags,
  utf8Of,
} from '@sallyport/pki'
import type { Claims } from '../attestation-result.ts'

/** What Apple says in an App Attest receipt. Times are milliseconds. */
export type ReceiptFields = {
  /** `ATTEST`: it came with an attestation. `RECEIPT`: Apple gave it for an earlier one. */
  readonly type: string
  /** `TEAMID.bundle.id` */
  readonly appId: string
  /** Of the attested key: the leaf of its attestation. */
  readonly certificate: Certificate
  /**
   * In a receipt of type `ATTEST` the hash that was attested with. In others it has been through a
   * text encoding at Apple's and is no longer of use.
   */
  readonly clientHash?: Buffer
  readonly token?: string
  /** `sandbox` or `production`. Not documented. */
  readonly environment?: string
  readonly creationTime: number
  /** About how many App Attest keys the phone made in 30 days. */
  readonly riskMetric?: number
  /** Before it Apple gives no newer receipt. */
  readonly notBefore?: number
  /** After it Apple gives no newer receipt. */
  readonly expirationTime: number
}

/** Field types, from Apple's "Assessing fraud risk"; 7 is undocumented. */
const types = {
  appId: 2,
  certificate: 3,
  clientHash: 4,
  token: 5,
  type: 6,
  environment: 7,
  creationTime: 12,
  riskMetric: 17,
  notBefore: 19,
  expirationTime: 21,
} as const

const maxFields = 64
const maxFieldType = 65_535

/**
 * Reads the content of a receipt: SET OF SEQUENCE { type INTEGER, version INTEGER, value OCTET STRING }
 * in any order. A field that is unknown is passed over, one that is there twice is an error. Throws DerError.
 */
export function readReceiptFields(content: Buffer): ReceiptFields {
  const fields = readFields(content)
  const needed = <T>(value: T | undefined, what: string): T => {
    if (value === undefined) throw new DerError(`${what} missing`, 0)
    return value
  }
  const text = (type: number, what: string) => readText(fields.get(type), what)
  const time = (type: number, what: string) => readTime(text(type, what), what)
  const certificate = fields.get(types.certificate)
  const clientHash = fields.get(types.clientHash)
  const token = text(types.token, 'token')
  const environment = text(types.environment, 'environment')
  const riskMetric = readCount(text(types.riskMetric, 'riskMetric'))
  const notBefore = time(types.notBefore, 'notBefore')
  return {
    type: needed(text(types.type, 'type'), 'type'),
    appId: needed(text(types.appId, 'appId'), 'appId'),
    certificate: readCertificate(needed(certificate, 'certificate')),
    ...(clientHash === undefined ? {} : { clientHash: octetsOf(clientHash) }),
    ...(token === undefined ? {} : { token }),
    ...(environment === undefined ? {} : { environment }),
    creationTime: needed(time(types.creationTime, 'creationTime'), 'creationTime'),
    ...(riskMetric === undefined ? {} : { riskMetric }),
    ...(notBefore === undefined ? {} : { notBefore }),
    expirationTime: needed(time(types.expirationTime, 'expirationTime'), 'expirationTime'),
  }
}

function readFields(content: Buffer): ReadonlyMap<number, DerElement> {
  const outer = readDer(content)
  const list = outer.enter('receipt', tags.set)
  outer.end('receipt')
  const fields = new Map<number, DerElement>()
  while (!list.isDone) {
    const { offset } = list
    const field = list.enter('field')
    const type = smallIntegerOf(field.next(tags.integer, 'type'), maxFieldType, 'type')
    field.next(tags.integer, 'version')
    const value = field.next(tags.octetString, `field ${type}`)
    field.end(`field ${type}`)
    if (fields.has(type) || fields.size === maxFields) {
      throw new DerError(`field ${type} is there twice, or too many`, offset)
    }
    fields.set(type, value)
  }
  return fields
}

/** Empty is absent: Apple writes some fields so. */
function readText(field: DerElement | undefined, what: string): string | undefined {
  const text = field === undefined ? '' : utf8Of(field, what)
  return text.trim() === '' ? undefined : text
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/

function readTime(text: string | undefined, what: string): number | undefined {
  if (text === undefined) return undefined
  const time = isoTime.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) throw new DerError(`${what}: expected a time as RFC 3339 in Z`, 0)
  return time
}

function readCount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text)) throw new DerError('riskMetric: expected a number', 0)
  return Number(text)
}

function readCertificate(field: DerElement): Certificate {
  try {
    return parseCertificate(octetsOf(field))
  } catch (error) {
    if (!isProblem(error)) throw error
    throw new DerError(`certificate: ${error.found ?? error.detail}`, field.offset)
  }
}

/** A receipt's fields for JSON. */
export function receiptClaims(fields: ReceiptFields): Claims {
  const time = (milliseconds: number) => new Date(milliseconds).toISOString()
  const { clientHash, token, environment, riskMetric, notBefore } = fields
  return {
    type: fields.type,
    appId: fields.appId,
    certificate: fields.certificate.thumbprint,
    ...(clientHash === undefined ? {} : { clientHash: clientHash.toString('hex') }),
    ...(token === undefined ? {} : { token }),
    ...(environment === undefined ? {} : { environment }),
    creationTime: time(fields.creationTime),
    ...(riskMetric === undefined ? {} : { riskMetric }),
    ...(notBefore === undefined ? {} : { notBefore: time(notBefore) }),
    expirationTime: time(fields.expirationTime),
  }
}
