import { type DerCursor, readDer, tags } from '@sallyport/pki'
import { largeInteger, octets, octetText } from './authorization-values.ts'

/** The app that had the key made, as Android tells it: apps that share a user id are several. */
export type AttestationApplicationId = {
  readonly packages: readonly { readonly name: string; readonly version: bigint }[]
  /** SHA-256 of each signing certificate. */
  readonly signatures: readonly Buffer[]
}

/** AttestationApplicationId: DER in an OCTET STRING. Throws DerError. */
export function attestationApplicationId(at: DerCursor, what: string): AttestationApplicationId {
  const outer = readDer(octets(at, what))
  const fields = outer.enter(what)
  outer.end(what)
  const packages: { name: string; version: bigint }[] = []
  for (const set = fields.enter('packages', tags.set); !set.isDone; ) {
    const info = set.enter('package')
    packages.push({ name: octetText(info, 'package name'), version: largeInteger(info, 'version') })
    info.end('package')
  }
  const signatures: Buffer[] = []
  for (const set = fields.enter('signatures', tags.set); !set.isDone; ) {
    signatures.push(octets(set, 'signature digest'))
  }
  fields.end(what)
  return { packages, signatures }
}
