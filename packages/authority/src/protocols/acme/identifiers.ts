import { Problem } from '@sallyport/problem'
import type { AppConfig } from '../../config/app-config.ts'
import { isServerName } from '../../signer/server-names.ts'
import type { AcmeConfig } from './acme-config.ts'
import { attestedFormats } from './attested-formats.ts'
import { malformed } from './jws.ts'

/** What a certificate is ordered for (RFC 8555 §7.1.3, draft-ietf-acme-device-attest §3 and §4). */
export type Identifier = { readonly type: IdentifierType; readonly value: string }

/** A kind of identifier, and how it is proven. */
type IdentifierKind = {
  readonly challenge: 'device-attest-01' | 'http-01'
  /** Of one kind an order has at most so many. */
  readonly maxPerOrder: number
  /** @throws Problem `acme_identifier_unsupported`, `acme_identifier_refused` */
  readonly admit: (value: string, app: AppConfig, acme: AcmeConfig) => void
}

const device: IdentifierKind = {
  challenge: 'device-attest-01',
  maxPerOrder: 1,
  admit: (value, app) => {
    const isTaken = attestedFormats(app).length > 0
    if (!isTaken) throw unsupported('an app that takes android-key or apple-mda', 'none of them')
    if (!deviceForm.test(value)) throw malformed('a serial number or UDID', 'something else')
  },
}

const service: IdentifierKind = {
  challenge: 'http-01',
  maxPerOrder: 20,
  admit: (value, _app, { serviceNames }) => {
    if (serviceNames.length === 0) throw unsupported('identifiers of devices', 'a DNS name')
    const isProvable = dnsForm.test(value) && !value.startsWith('*')
    if (isProvable && serviceNames.some((listed) => isServerName(value, listed))) return
    throw new Problem('acme_identifier_refused', {
      expected: serviceNames.join(', ').slice(0, 300),
      found: value.slice(0, 100),
    })
  },
}

const kinds = {
  'permanent-identifier': device,
  'hardware-module': device,
  dns: service,
} as const satisfies Record<string, IdentifierKind>
export type IdentifierType = keyof typeof kinds

/** Without `/` in it; behind one, the OID of who gave it. */
const deviceForm = /^[\x21-\x2e\x30-\x7e]{1,100}(?:\/[0-2](?:\.[0-9]{1,10}){1,20})?$/
const dnsForm =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/

/** What a device is known by, without who says so. */
export const deviceIdOf = (value: string): string => value.split('/', 1)[0] ?? value

export const challengeOf = (type: string): IdentifierKind['challenge'] =>
  Object.hasOwn(kinds, type) ? kinds[type as IdentifierType].challenge : 'device-attest-01'

/**
 * The identifiers of an order: one of a device, or names of servers, each once.
 *
 * @throws Problem `acme_message_malformed`, `acme_identifier_unsupported`, `acme_identifier_refused`
 */
export function readIdentifiers(value: unknown, app: AppConfig, acme: AcmeConfig): Identifier[] {
  if (!Array.isArray(value) || value.length === 0) throw malformed('identifiers: a list', 'none')
  const given: unknown[] = value
  if (given.length > service.maxPerOrder) {
    throw malformed(`at most ${service.maxPerOrder} identifiers`, `${given.length}`)
  }
  const identifiers = given.map(readIdentifier)
  const [first] = identifiers
  if (first === undefined) throw malformed('identifiers', 'none')
  if (identifiers.some(({ type }) => type !== first.type)) {
    throw unsupported('identifiers of one type in an order', 'several')
  }
  const { maxPerOrder, admit } = kinds[first.type]
  if (identifiers.length > maxPerOrder)
    throw unsupported(`at most ${maxPerOrder} in an order`, 'more')
  for (const identifier of identifiers) admit(identifier.value, app, acme)
  const values = new Set(identifiers.map((identifier) => identifier.value))
  return [...values].map((one) => ({ type: first.type, value: one }))
}

function readIdentifier(value: unknown): Identifier {
  if (typeof value !== 'object' || value === null) throw malformed('an identifier', typeof value)
  const { type, value: text } = value as { type?: unknown; value?: unknown }
  if (typeof type !== 'string' || typeof text !== 'string') {
    throw malformed('an identifier with type and value', 'something else')
  }
  if (!Object.hasOwn(kinds, type))
    throw unsupported(Object.keys(kinds).join(', '), type.slice(0, 60))
  const isName = type === 'dns'
  return { type: type as IdentifierType, value: isName ? text.toLowerCase() : text }
}

function unsupported(expected: string, found: string): Problem {
  return new Problem('acme_identifier_unsupported', { expected, found })
}
