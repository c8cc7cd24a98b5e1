import { type Certificate, DerError, readDer, smallIntegerOf, tags } from '@sallyport/pki'

/** What Apple says of a device in the leaf of its attestation. Undefined: it does not say. */
export type ManagedDevice = {
  readonly serialNumber: string | undefined
  readonly udid: string | undefined
  /** As `iPhone17,3`; of a Mac `J314sAP`. */
  readonly softwareUpdateDeviceId: string | undefined
  /** As `26.1`. */
  readonly osVersion: string | undefined
  readonly sepOsVersion: string | undefined
  /** Of the low-level bootloader. */
  readonly llbVersion: string | undefined
  /** What the device was asked to prove that the attestation is new. */
  readonly freshness: Buffer | undefined
  /** 0: on. Macs only, as the next two. */
  readonly sipStatus: number | undefined
  /** `Full Security`, `Reduced Security` or `Permissive Security`. */
  readonly secureBoot: string | undefined
  /** 0: none are allowed. */
  readonly kernelExtensions: number | undefined
  /** Extensions of Apple's that are not known, or not as they are known; by OID. */
  readonly others: ReadonlyMap<string, Buffer>
}

const apple = '1.2.840.113635.'
const attested = `${apple}100.8`

/**
 * Texts are the bytes of the extension themselves, without DER around them, and may be blank where
 * Apple's servers could not verify a value; numbers are a DER INTEGER. Apple documents what they mean
 * (https://support.apple.com/guide/security/sec8a37b4cb2) and not how they are encoded: this is what
 * CAs that read them every day find.
 */
const texts = {
  serialNumber: `${attested}.9.1`,
  udid: `${attested}.9.2`,
  softwareUpdateDeviceId: `${attested}.9.4`,
  osVersion: `${attested}.10.1`,
  sepOsVersion: `${attested}.10.2`,
  llbVersion: `${attested}.10.3`,
  secureBoot: `${attested}.13.2`,
} as const
const numbers = {
  sipStatus: `${attested}.13.1`,
  kernelExtensions: `${attested}.13.3`,
} as const
const freshnessOid = `${attested}.11.1`

/** Reads what a leaf says of its device. What cannot be read is among `others`, and nothing is said. */
export function readManagedDevice({ extensions }: Certificate): ManagedDevice {
  const others = new Map<string, Buffer>()
  for (const [oid, { value }] of extensions) if (oid.startsWith(apple)) others.set(oid, value)
  const read = <T>(oid: string, reader: (value: Buffer) => T | undefined): T | undefined => {
    const value = extensions.get(oid)?.value
    const result = value === undefined ? undefined : reader(value)
    if (result !== undefined) others.delete(oid)
    return result
  }
  return {
    serialNumber: read(texts.serialNumber, textOf),
    udid: read(texts.udid, textOf),
    softwareUpdateDeviceId: read(texts.softwareUpdateDeviceId, textOf),
    osVersion: read(texts.osVersion, textOf),
    sepOsVersion: read(texts.sepOsVersion, textOf),
    llbVersion: read(texts.llbVersion, textOf),
    freshness: read(freshnessOid, (value) => value),
    sipStatus: read(numbers.sipStatus, numberOf),
    secureBoot: read(texts.secureBoot, textOf),
    kernelExtensions: read(numbers.kernelExtensions, numberOf),
    others,
  }
}

/** Printable ASCII of 1 to 100 characters: all that Apple names devices and versions with. */
function textOf(value: Buffer): string | undefined {
  const text = value.toString('latin1')
  return /^[ -~]{1,100}$/.test(text) ? text : undefined
}

function numberOf(value: Buffer): number | undefined {
  try {
    const outer = readDer(value)
    const number = smallIntegerOf(outer.next(tags.integer), 0xffff_ffff)
    outer.end()
    return number
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}
