import {
  type Certificate,
  contextConstructed,
  type DerElement,
  DerError,
  isContext,
  octetsOf,
  readDer,
  smallIntegerOf,
  tagNumber,
  tags,
} from '@sallyport/pki'
import type { Claim, Claims } from '../attestation-result.ts'

const nonceExtension = '1.2.840.113635.100.8.2'

/** The nonce in the leaf, SEQUENCE { [1] EXPLICIT OCTET STRING }, or undefined where it has none. */
export function readAttestedNonce(leaf: Certificate): Buffer | undefined {
  const extension = leaf.extensions.get(nonceExtension)
  if (extension === undefined) return undefined
  return lenient(() => {
    const outer = readDer(extension.value)
    const fields = outer.enter('nonce')
    outer.end('nonce')
    const wrapper = fields.enter('nonce', contextConstructed(1))
    fields.end('nonce')
    const nonce = octetsOf(wrapper.next(tags.octetString, 'nonce'))
    wrapper.end('nonce')
    return nonce
  })
}

/** What Apple writes into the leaf without documenting it, by the tag numbers that it uses. */
const undocumented = {
  app: { extension: '1.2.840.113635.100.8.5', appId: '1204' },
  system: {
    extension: '1.2.840.113635.100.8.7',
    platform: '1026',
    osVersion: '1400',
    osBuild: '1403',
  },
} as const

export type LeafFacts = {
  /** As `14.3` or `27.0.1`. */
  readonly osVersion: string | undefined
  readonly claims: Claims
}

/**
 * The undocumented extensions of the leaf. They are signed like the rest, but may change or go at any
 * time, so that whatever they are, nothing is refused for them. The names are by experience.
 */
export function readLeafFacts(leaf: Certificate): LeafFacts {
  const app = readTagged(leaf, undocumented.app.extension)
  const system = readTagged(leaf, undocumented.system.extension)
  const named = {
    appId: app?.[undocumented.app.appId],
    platform: system?.[undocumented.system.platform],
    osVersion: system?.[undocumented.system.osVersion],
    osBuild: system?.[undocumented.system.osBuild],
  }
  const { osVersion } = named
  return {
    osVersion: typeof osVersion === 'string' && version.test(osVersion) ? osVersion : undefined,
    claims: {
      ...Object.fromEntries(Object.entries(named).filter(([, claim]) => claim !== undefined)),
      ...(app === undefined ? {} : { [undocumented.app.extension]: app }),
      ...(system === undefined ? {} : { [undocumented.system.extension]: system }),
    },
  }
}

const version = /^\d{1,3}(?:\.\d{1,3}){0,3}$/

/** SEQUENCE of `[number] EXPLICIT`, by number. */
function readTagged(leaf: Certificate, oid: string): Readonly<Record<string, Claim>> | undefined {
  const extension = leaf.extensions.get(oid)
  if (extension === undefined) return undefined
  return lenient(() => {
    const claims: [string, Claim][] = []
    for (const fields = readDer(extension.value).enter(oid); !fields.isDone; ) {
      const field = fields.next()
      if (isContext(field.tag)) claims.push([`${tagNumber(field.tag)}`, claimOf(field)])
    }
    return Object.fromEntries(claims)
  })
}

const printable = /^[\x20-\x7e]*$/

/** Text of printable octets, a number of a small INTEGER, otherwise the content in hex. */
function claimOf(field: DerElement): Claim {
  const inside = lenient(() => field.enter().next())
  if (inside?.tag === tags.octetString) {
    const text = inside.content.toString('latin1')
    return printable.test(text) ? text : inside.content.toString('hex')
  }
  const number =
    inside?.tag === tags.integer
      ? lenient(() => smallIntegerOf(inside, Number.MAX_SAFE_INTEGER))
      : undefined
  return number ?? field.content.toString('hex')
}

/** Undefined where it is not the DER that was expected. */
function lenient<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}
