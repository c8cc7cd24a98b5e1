import { EntryFault } from '../../archive/entry.ts'
import type { PlistValue } from '../../plist/plist-value.ts'
import { readXmlPlist } from '../../plist/xml-plist.ts'
import { Fields } from '../../strings/fields.ts'
import { readDerEntitlements } from './der-entitlements.ts'

/** What a file was signed as. Whether the signature holds is not checked. */
export type CodeSignature = {
  /** Usually the bundle id. */
  readonly identifier?: string
  /** Ten characters. */
  readonly teamId?: string
  /** Signed by nobody. */
  readonly isAdHoc: boolean
  /** Both where both are there: since iOS 15 the DER counts, before that the XML. */
  readonly entitlements: readonly PlistValue[]
}

const superBlobMagic = 0xfade0cc0
const maxBlobs = 64
/** Entitlements are a few thousand bytes; the list of hashes in a CodeDirectory is not read. */
const maxEntitlementBytes = 1024 ** 2
const adHocFlag = 2
/** The version since which a CodeDirectory has a team. */
const teamVersion = 0x20200

type Gathering = { -readonly [Member in keyof CodeSignature]: CodeSignature[Member] } & {
  entitlements: PlistValue[]
}

/** By the magic of a blob (cs_blobs.h of XNU). What a signature has besides is not needed. */
const blobs: ReadonlyMap<number, (blob: Buffer, into: Gathering) => void> = new Map([
  [0xfade0c02, codeDirectory],
  [0xfade7171, entitlementsBy(readXmlPlist)],
  [0xfade7172, entitlementsBy(readDerEntitlements)],
])

/**
 * The code signature of a Mach-O file, from its SuperBlob.
 *
 * @param told is told of blobs that cannot be read
 * @throws EntryFault where it is no SuperBlob, or it is cut short
 */
export function readCodeSignature(bytes: Buffer, told: (why: string) => void): CodeSignature {
  const fields = new Fields(bytes, false, 'code signature')
  if (fields.u32(0) !== superBlobMagic) throw new EntryFault('code signature of an unknown kind')
  const signature: Gathering = { isAdHoc: false, entitlements: [] }
  const count = Math.min(fields.u32(8), maxBlobs)
  for (let index = 0; index < count; index++) {
    const offset = fields.u32(12 + index * 8 + 4)
    const read = blobs.get(fields.u32(offset))
    if (read === undefined) continue
    try {
      const length = fields.u32(offset + 4)
      if (length < 8 || !fields.holds(offset, length))
        throw new EntryFault('it lies behind the end')
      read(bytes.subarray(offset, offset + length), signature)
    } catch (error) {
      if (!(error instanceof EntryFault)) throw error
      told(`code signature: part ${index + 1} was not read: ${error.message}`)
    }
  }
  return signature
}

function entitlementsBy(read: (bytes: Buffer) => PlistValue) {
  return (blob: Buffer, into: Gathering) => {
    if (blob.length > maxEntitlementBytes) throw new EntryFault('entitlements of over 1 MB')
    into.entitlements.push(read(blob.subarray(8)))
  }
}

function codeDirectory(blob: Buffer, into: Gathering): void {
  const fields = new Fields(blob, false, 'code signature')
  into.isAdHoc = (fields.u32(12) & adHocFlag) !== 0
  into.identifier = fields.name(fields.u32(20), 512)
  const team = fields.u32(8) >= teamVersion ? fields.u32(48) : 0
  if (team !== 0) into.teamId = fields.name(team, 64)
}
