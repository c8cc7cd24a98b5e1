import { sign } from 'node:crypto'
import { derTime } from '../../src/der/der-time.ts'
import { derBitString, derContext, derInteger, derSequence } from '../../src/der/der-writer.ts'
import { oids } from '../../src/oids.ts'
import { ecdsaSha256, extension } from '../forge.ts'
import type { TestCa } from '../test-authority.ts'

export { extension } from '../forge.ts'

/** The parts of a list, DER each, which no builder of ours would put together. */
export type ForgedListParts = {
  version: Buffer
  nextUpdate: Buffer
  revoked: Buffer
  extensions: readonly Buffer[]
}

/** A certificate list out of any parts, signed. */
export function forgeList(ca: TestCa, parts: Partial<ForgedListParts> = {}): Buffer {
  const now = Date.now()
  const tbs = derSequence(
    parts.version ?? derInteger(1),
    ecdsaSha256,
    ca.certificate.subject,
    derTime(now),
    parts.nextUpdate ?? derTime(now + 3_600_000),
    parts.revoked ?? Buffer.alloc(0),
    derContext(0, derSequence(...(parts.extensions ?? [extension(oids.crlNumber, derInteger(1))]))),
  )
  const signature = sign('sha256', tbs, ca.key.privateKey)
  return derSequence(tbs, ecdsaSha256, derBitString(signature))
}
