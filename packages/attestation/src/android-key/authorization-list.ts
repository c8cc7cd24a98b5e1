import {
  contextConstructed,
  type DerCursor,
  DerError,
  tagName,
  tagNumber,
  tags,
} from '@sallyport/pki'
import { attestationApplicationId } from './attestation-application-id.ts'
import {
  largeInteger,
  octets,
  octetText,
  present,
  smallInteger,
  smallIntegers,
  word,
} from './authorization-values.ts'
import { keyOrigins } from './key-mint-values.ts'
import { rootOfTrust } from './root-of-trust.ts'

type Member = {
  /** The number of its context tag. */
  readonly tag: number
  read(at: DerCursor, what: string): unknown
}

/**
 * Every published member of an AuthorizationList, of all versions of the schema, in the order of
 * tags. Names as github.com/android/keyattestation has them; those it leaves out as the schema has them.
 */
const members = {
  purposes: { tag: 1, read: smallIntegers },
  algorithms: { tag: 2, read: smallInteger },
  keySize: { tag: 3, read: smallInteger },
  blockModes: { tag: 4, read: smallIntegers },
  digests: { tag: 5, read: smallIntegers },
  paddings: { tag: 6, read: smallIntegers },
  callerNonce: { tag: 7, read: present },
  minMacLength: { tag: 8, read: smallInteger },
  ecCurve: { tag: 10, read: smallInteger },
  mlDsaVariant: { tag: 11, read: smallInteger },
  rsaPublicExponent: { tag: 200, read: largeInteger },
  rsaOaepMgfDigests: { tag: 203, read: smallIntegers },
  rollbackResistance: { tag: 303, read: present },
  earlyBootOnly: { tag: 305, read: present },
  activeDateTime: { tag: 400, read: largeInteger },
  originationExpireDateTime: { tag: 401, read: largeInteger },
  usageExpireDateTime: { tag: 402, read: largeInteger },
  usageCountLimit: { tag: 405, read: smallInteger },
  userSecureId: { tag: 502, read: largeInteger },
  noAuthRequired: { tag: 503, read: present },
  userAuthType: { tag: 504, read: smallInteger },
  authTimeout: { tag: 505, read: smallInteger },
  allowWhileOnBody: { tag: 506, read: present },
  trustedUserPresenceRequired: { tag: 507, read: present },
  trustedConfirmationRequired: { tag: 508, read: present },
  unlockedDeviceRequired: { tag: 509, read: present },
  allApplications: { tag: 600, read: present },
  applicationId: { tag: 601, read: octets },
  creationDateTime: { tag: 701, read: largeInteger },
  origin: { tag: 702, read: (at, what) => word(at, tags.integer, keyOrigins, what) },
  rollbackResistant: { tag: 703, read: present },
  rootOfTrust: { tag: 704, read: rootOfTrust },
  osVersion: { tag: 705, read: smallInteger },
  osPatchLevel: { tag: 706, read: smallInteger },
  attestationApplicationId: { tag: 709, read: attestationApplicationId },
  attestationIdBrand: { tag: 710, read: octetText },
  attestationIdDevice: { tag: 711, read: octetText },
  attestationIdProduct: { tag: 712, read: octetText },
  attestationIdSerial: { tag: 713, read: octetText },
  attestationIdImei: { tag: 714, read: octetText },
  attestationIdMeid: { tag: 715, read: octetText },
  attestationIdManufacturer: { tag: 716, read: octetText },
  attestationIdModel: { tag: 717, read: octetText },
  vendorPatchLevel: { tag: 718, read: smallInteger },
  bootPatchLevel: { tag: 719, read: smallInteger },
  deviceUniqueAttestation: { tag: 720, read: present },
  attestationIdSecondImei: { tag: 723, read: octetText },
  moduleHash: { tag: 724, read: octets },
} as const satisfies Readonly<Record<string, Member>>

type Members = typeof members

/** A member of a schema that is not published yet, or that no attestation should have. */
export type UnknownTag = {
  readonly tag: number
  /** DER of what is in it. */
  readonly value: Buffer
}

/** What is enforced of a key, by software or by hardware. Dates are in milliseconds. */
export type AuthorizationList = {
  readonly [Name in keyof Members]?: ReturnType<Members[Name]['read']>
} & {
  /** Whether the tags ascend, as the schema has them. Genuine phones exist whose tags do not. */
  readonly areTagsOrdered: boolean
  readonly unknownTags: readonly UnknownTag[]
}

const byTag: ReadonlyMap<number, readonly [name: string, member: Member]> = new Map(
  Object.entries<Member>(members).map(([name, member]) => [
    contextConstructed(member.tag),
    [name, member],
  ]),
)

/**
 * Reads an AuthorizationList: members in any order, unknown ones listed, none twice. Throws DerError.
 * Source: https://source.android.com/docs/security/features/keystore/attestation#schema
 */
export function readAuthorizationList(at: DerCursor, what: string): AuthorizationList {
  const values: Record<string, unknown> = {}
  const unknownTags: UnknownTag[] = []
  const seen = new Set<number>()
  let areTagsOrdered = true
  let previous = -1
  for (const list = at.enter(what); !list.isDone; ) {
    const wrapper = list.next(undefined, what)
    const { tag, offset } = wrapper
    // All tags are EXPLICIT, and so constructed: a member in another form would pass for an unknown one.
    if (tag !== contextConstructed(tagNumber(tag))) {
      throw new DerError(`${what}: ${tagName(tag)} is no member of it`, offset)
    }
    if (seen.has(tag)) throw new DerError(`${what}: ${tagName(tag)} is there twice`, offset)
    seen.add(tag)
    if (tag < previous) areTagsOrdered = false
    previous = tag
    const known = byTag.get(tag)
    if (known === undefined) {
      unknownTags.push({ tag: tagNumber(tag), value: wrapper.content })
      continue
    }
    const [name, member] = known
    const inside = wrapper.enter(name)
    values[name] = member.read(inside, name)
    inside.end(name)
  }
  return { ...(values as Partial<AuthorizationList>), areTagsOrdered, unknownTags }
}
