import {
  contextConstructed,
  type DerCursor,
  DerError,
  objectIdentifierOf,
  readDer,
  tags,
} from '../der/index.ts'
import { berToDer } from './ber-to-der.ts'
import { cmsOids } from './cms-oids.ts'

const contentTypes = {
  EnvelopedData: cmsOids.envelopedData,
  SignedData: cmsOids.signedData,
} as const

/**
 * Opens a ContentInfo (RFC 5652 §3), BER or DER, of one type and with nothing after it.
 *
 * @returns the fields of what is inside
 * @throws DerError
 */
export function enterContentInfo(bytes: Uint8Array, name: keyof typeof contentTypes): DerCursor {
  const outer = readDer(berToDer(bytes))
  const contentInfo = outer.enter('ContentInfo')
  const type = contentInfo.next(tags.oid, 'contentType')
  if (objectIdentifierOf(type) !== contentTypes[name]) {
    throw new DerError(`contentType: expected ${name}`, type.offset)
  }
  const content = contentInfo.enter('content', contextConstructed(0))
  contentInfo.end('ContentInfo')
  const fields = content.enter(name)
  content.end('content')
  return fields
}
