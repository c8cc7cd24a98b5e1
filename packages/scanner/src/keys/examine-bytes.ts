import { berTags, readBer } from './ber.ts'
import { readCertificateParts, maxCertificateBytes } from './certificate-parts.ts'
import { readBcfks } from './containers/bcfks.ts'
import { readBouncyCastleKeystore, readUberKeystore } from './containers/bouncy-castle-keystore.ts'
import { readJavaKeystore } from './containers/java-keystore.ts'
import { opensshMagic, readOpenSshKey } from './containers/openssh.ts'
import { readPkcs12 } from './containers/pkcs12.ts'
import {
  holdKey,
  lockedForGood,
  maxPrivateKeyBytes,
  privateKeyOf,
  sealedPrivateKey,
} from './containers/private-key.ts'
import { type Contents, nothingHeld } from './contents.ts'
import { type DerHead, type DerKind, nextDerHead } from './der-heads.ts'
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

/** By what the first bytes of DER promise. */
const derContainers: Readonly<Record<DerKind, Container>> = {
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
      const within = [...examineDer(bytes, 1, end)].filter(
        ({ container }) => container === 'certificate',
      )
      const certificates = within.flatMap(({ contents }) => contents.certificates)
      return { contents: { ...nothingHeld, certificates }, length: end }
    },
  },
}

/** Told by their first bytes, and looked for at every byte. */
const magicContainers: readonly (Container & { readonly magic: Buffer })[] = [
  magic('JKS', 'feedfeed00000002', readJavaKeystore),
  magic('JKS', 'feedfeed00000001', readJavaKeystore),
  magic('JCEKS', 'cececece00000002', readJavaKeystore),
  magic('BKS', '0000000200000014', readBouncyCastleKeystore),
  magic('BKS', '0000000100000014', readBouncyCastleKeystore),
  magic('OpenSSH', opensshMagic.toString('hex'), readOpenSshKey),
]

/**
 * Every key, certificate and keystore in these bytes, in their order. Linear in their length.
 *
 * @param budget ends the search where it is spent
 */
export function* examineBytes(
  bytes: Buffer,
  budget: SearchBudget = new SearchBudget(),
): Generator<Examined> {
  const stores = [...findByMagic(bytes, budget)]
  let from = 0
  for (const store of stores) {
    if (store.offset < from) continue
    yield* examineDer(bytes, from, store.offset, budget)
    yield store
    from = store.offset + store.length
  }
  yield* examineDer(bytes, from, bytes.length, budget)
}

function* findByMagic(bytes: Buffer, budget: SearchBudget): Generator<Examined> {
  const found: Examined[] = []
  for (const container of magicContainers) {
    for (
      let offset = bytes.indexOf(container.magic);
      offset >= 0;
      offset = bytes.indexOf(container.magic, offset + 1)
    ) {
      if (!budget.allows()) return
      const examined = budget.charge(() => examineAt(container, bytes, offset, bytes.length))
      if (examined !== undefined) found.push(examined)
    }
  }
  if (found.length === 0) {
    const uber = { name: 'UBER', maxBytes: maxKeystoreBytes, read: readUberKeystore } as const
    const isUber = bytes.length <= maxKeystoreBytes && bytes.indexOf(uberMagic) === 0
    const examined = isUber ? examineAt(uber, bytes, 0, bytes.length) : undefined
    if (examined !== undefined) found.push(examined)
  }
  yield* found.toSorted((one, other) => one.offset - other.offset)
}

const uberMagic = Buffer.from('0000000100000014', 'hex')

function* examineDer(
  bytes: Buffer,
  from: number,
  until: number,
  budget: SearchBudget = new SearchBudget(),
): Generator<Examined> {
  for (let at = from; at < until; ) {
    const head: DerHead | undefined = nextDerHead(bytes, at, until)
    if (head === undefined || !budget.allows()) return
    const examined = budget.charge(() =>
      examineAt(derContainers[head.kind], bytes, head.offset, head.end),
    )
    if (examined !== undefined) yield examined
    at = head.offset + Math.max(1, examined?.length ?? 1)
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

function magic(name: ContainerName, hex: string, read: Container['read']) {
  return { name, maxBytes: maxKeystoreBytes, read, magic: Buffer.from(hex, 'hex') }
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
