import { berTags, readBer } from './ber.ts'
import { readCertificateParts, maxCertificateBytes } from './certificate-parts.ts'
import { readBcfks } from './containers/bcfks.ts'
import { readBouncyCastleKeystore, readUberKeystore } from './containers/bouncy-castle-keystore.ts'
import { readJavaKeystore } from './containers/java-keystore.ts'
import { readOpenSshKey } from './containers/openssh.ts'
import { readPkcs12 } from './containers/pkcs12.ts'
import {
  holdKey,
  lockedForGood,
  maxPrivateKeyBytes,
  privateKeyOf,
  sealedPrivateKey,
} from './containers/private-key.ts'
import { type Contents, nothingHeld } from './contents.ts'
import { ContainerHeads, type HeadKind } from './container-heads.ts'
import { KeyFault } from './key-fault.ts'
import { SearchBudget } from './search-budget.ts'

/** How a report calls what was found. */
export type ContainerName =
  | 'certificate'
  | 'PKCS#8'
  | 'PKCS#1'
  | 'SEC1'
  | 'PKCS#12'
  | 'BCFKS'
  | 'CMS'
  | 'JKS'
  | 'JCEKS'
  | 'BKS'
  | 'UBER'
  | 'OpenSSH'
  | 'PEM'
  | 'JWK'

export type Examined = {
  readonly container: ContainerName
  readonly offset: number
  readonly length: number
  readonly contents: Contents
}

type Container = {
  readonly name: ContainerName
  readonly maxBytes: number
  /** @throws KeyFault */
  readonly read: (bytes: Buffer) => { readonly contents: Contents; readonly length: number }
}

const maxKeystoreBytes = 4 * 1024 ** 2

/** By what the first bytes promise. */
const containers: Readonly<Record<HeadKind, Container>> = {
  certificate: {
    name: 'certificate',
    maxBytes: maxCertificateBytes,
    read: (bytes) => {
      const { length } = readCertificateParts(bytes)
      const der = bytes.subarray(0, length)
      return { contents: { ...nothingHeld, certificates: [{ der }] }, length }
    },
  },
  pkcs8: plainKey('PKCS#8', 'pkcs8'),
  pkcs1: plainKey('PKCS#1', 'pkcs1'),
  sec1: plainKey('SEC1', 'sec1'),
  'sealed-pkcs8': {
    name: 'PKCS#8',
    maxBytes: maxPrivateKeyBytes,
    read: (bytes) => {
      const info = readBer(bytes)
      info.child(1, berTags.octetString, 'sealed key')
      const seal = sealedOrLocked(() => sealedPrivateKey(info))
      return { contents: { ...nothingHeld, sealed: [seal] }, length: info.end }
    },
  },
  pkcs12: {
    name: 'PKCS#12',
    maxBytes: maxKeystoreBytes,
    read: (bytes) => {
      const { end } = readBer(bytes)
      try {
        return readPkcs12(bytes)
      } catch (error) {
        if (!(error instanceof KeyFault)) throw error
        const seal = lockedForGood('keys or certificates', error.message)
        return { contents: { ...nothingHeld, sealed: [seal] }, length: end }
      }
    },
  },
  bcfks: { name: 'BCFKS', maxBytes: maxKeystoreBytes, read: readBcfks },
  'signed-data': {
    name: 'CMS',
    maxBytes: maxKeystoreBytes,
    read: (bytes) => {
      const { end } = readBer(bytes)
      const within = [...examineBytes(bytes.subarray(1, end))].filter(
        ({ container }) => container === 'certificate',
      )
      const certificates = within.flatMap(({ contents }) => contents.certificates)
      return { contents: { ...nothingHeld, certificates }, length: end }
    },
  },
  jks: { name: 'JKS', maxBytes: maxKeystoreBytes, read: readJavaKeystore },
  jceks: { name: 'JCEKS', maxBytes: maxKeystoreBytes, read: readJavaKeystore },
  bks: { name: 'BKS', maxBytes: maxKeystoreBytes, read: readBouncyCastleKeystore },
  uber: { name: 'UBER', maxBytes: maxKeystoreBytes, read: readUberKeystore },
  openssh: { name: 'OpenSSH', maxBytes: maxKeystoreBytes, read: readOpenSshKey },
}

/**
 * Every key, certificate and keystore in these bytes, in their order. Linear in their length.
 *
 * @param budget ends the search where it is spent
 */
export function* examineBytes(
  bytes: Buffer,
  budget: SearchBudget = new SearchBudget(),
): Generator<Examined> {
  const heads = new ContainerHeads(bytes)
  for (let at = 0; ; ) {
    const head = heads.from(at)
    if (head === undefined || !budget.allows()) return
    const { kind, offset, end } = head
    const examined = budget.charge(
      () =>
        examineAt(containers[kind], bytes, offset, end) ??
        // UBER begins as BKS does, and the rest of it is like noise: only a whole file can be told to be it.
        (kind === 'bks' && offset === 0 ? examineAt(containers.uber, bytes, 0, end) : undefined),
    )
    if (examined !== undefined) yield examined
    at = offset + Math.max(1, examined?.length ?? 1)
  }
}

function examineAt(
  container: Container,
  bytes: Buffer,
  offset: number,
  end: number,
): Examined | undefined {
  try {
    const within = bytes.subarray(offset, Math.min(end, offset + container.maxBytes))
    return { container: container.name, offset, ...container.read(within) }
  } catch (error) {
    if (error instanceof KeyFault) return undefined
    throw error
  }
}

function plainKey(name: ContainerName, type: 'pkcs8' | 'pkcs1' | 'sec1'): Container {
  return {
    name,
    maxBytes: maxPrivateKeyBytes,
    read: (bytes) => ({ contents: holdKey(privateKeyOf(bytes, type)), length: bytes.length }),
  }
}

function sealedOrLocked(read: () => ReturnType<typeof sealedPrivateKey>) {
  try {
    return read()
  } catch (error) {
    if (error instanceof KeyFault) return lockedForGood('a private key', error.message)
    throw error
  }
}
