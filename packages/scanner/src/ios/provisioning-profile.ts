import { EntryFault } from '../archive/entry.ts'
import type { ContentReader } from '../content/content-reader.ts'
import { berTags, readBer } from '../keys/ber.ts'
import { unlessFault } from '../keys/key-fault.ts'
import { isBinaryPlist, readBinaryPlist } from '../plist/binary-plist.ts'
import { itemsOf, memberOf, type PlistValue, textOf, truthOf } from '../plist/plist-value.ts'
import { readXmlPlist } from '../plist/xml-plist.ts'

/** Whom a build with this profile can be installed by. */
export type ProfileKind = 'development' | 'ad-hoc' | 'enterprise' | 'app-store'

/** `embedded.mobileprovision`. That Apple signed it is not checked. */
export type ProvisioningProfile = {
  readonly path: string
  readonly kind: ProfileKind
  readonly name?: string
  readonly teamName?: string
  readonly expiresAt?: Date
  /** Listed by their identifiers. */
  readonly devices: number
}

/** OID 1.2.840.113549.1.7.2, signedData (RFC 5652 §5.1). */
const signedData = Buffer.from('06092a864886f70d010702', 'hex')
/** [0], constructed. */
const content = 0xa0
const listBeginnings = ['<?xml', '<!DOCTYPE plist', '<plist', 'bplist0']

/** Signed messages whose content is a property list. Signatures of APKs are signed messages without content. */
export const provisioningProfileReader: ContentReader = {
  name: 'provisioning profile',
  takes: (head) =>
    head[0] === berTags.sequence &&
    head.subarray(0, 32).includes(signedData) &&
    listBeginnings.some((beginning) => head.includes(beginning)),
  read: (bytes, { path }, sink) => {
    const list = signedContent(bytes) ?? cutOut(bytes)
    const top = isBinaryPlist(list) ? readBinaryPlist(list) : readXmlPlist(list)
    sink.fact('provisioningProfiles', profileOf(top, path))
  },
}

/** ContentInfo › SignedData › EncapsulatedContentInfo › eContent. Undefined where it is not laid out like this. */
function signedContent(bytes: Buffer): Buffer | undefined {
  return unlessFault(() =>
    readBer(bytes)
      .child(1, content, 'content')
      .child(0, berTags.sequence, 'SignedData')
      .child(2, berTags.sequence, 'EncapsulatedContentInfo')
      .child(1, content, 'eContent')
      .children()[0]
      ?.octets(),
  )
}

/** By its text, where the message around it is damaged. */
function cutOut(bytes: Buffer): Buffer {
  const start = bytes.indexOf('<?xml')
  const end = bytes.indexOf('</plist>', Math.max(start, 0))
  if (start === -1 || end === -1) throw new EntryFault('provisioning profile: it holds no list')
  return bytes.subarray(start, end + '</plist>'.length)
}

function profileOf(top: PlistValue, path: string): ProvisioningProfile {
  const [name, teamName] = [textOf(memberOf(top, 'Name')), textOf(memberOf(top, 'TeamName'))]
  const expiry = memberOf(top, 'ExpirationDate')
  const isDated = expiry?.type === 'date' && !Number.isNaN(expiry.date.getTime())
  return {
    path,
    kind: kindOf(top),
    ...(name === undefined ? {} : { name }),
    ...(teamName === undefined ? {} : { teamName }),
    ...(isDated ? { expiresAt: expiry.date } : {}),
    devices: itemsOf(memberOf(top, 'ProvisionedDevices')).length,
  }
}

function kindOf(top: PlistValue): ProfileKind {
  if (truthOf(memberOf(top, 'Entitlements', 'get-task-allow')) === true) return 'development'
  if (truthOf(memberOf(top, 'ProvisionsAllDevices')) === true) return 'enterprise'
  return memberOf(top, 'ProvisionedDevices') === undefined ? 'app-store' : 'ad-hoc'
}
