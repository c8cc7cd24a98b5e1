import { createHash, timingSafeEqual, X509Certificate } from 'node:crypto'
import type { HopPlan, HopProof } from '../configuration/listener-plan.ts'
import { parseAddress, parseNetwork } from '../addresses/network.ts'
import { buildNetworkTree, type NetworkTree, readNetworkTree } from '../addresses/network-tree.ts'
import type { RequestHead } from '../exchange/request-head.ts'
import type { Connection } from './connection.ts'

/** What was expected of the proxy, and what was found instead. */
export type HopFault = { readonly expected: string; readonly found: string }

/** Whether a connection is the proxy's; asked once for each connection and configuration. */
export type CheckConnection = (connection: Pick<Connection, 'peerAddress' | 'hopCertificate'>) => {
  readonly fault: HopFault | undefined
  /** Until when that holds: milliseconds. */
  readonly until: number
}
/** Whether a request is the proxy's. */
export type CheckRequest = (
  head: Pick<RequestHead, 'header' | 'headerCount'>,
) => HopFault | undefined

export type ProofChecks = { readonly connection: CheckConnection; readonly request: CheckRequest }

/** The field that carries a shared secret; never seen by services, as all that begins so. */
export const secretField = 'sallyport-hop-secret'

const forever = { fault: undefined, until: Number.POSITIVE_INFINITY }
const passes = () => undefined

type ProofKinds = {
  readonly [Kind in HopProof['kind']]: (proof: Extract<HopProof, { kind: Kind }>) => ProofChecks
}

const kinds: ProofKinds = {
  // Who may open the socket file is for the file system to say.
  unixSocket: () => ({ connection: () => forever, request: passes }),
  network: ({ from }) => {
    const tree = networkTreeOf(from)
    return {
      request: passes,
      connection: ({ peerAddress }) => {
        const words = parseAddress(peerAddress)
        if (words !== undefined && tree.valueFor(words) !== 0) return forever
        const fault = { expected: `a connection from ${from.join(', ')}`, found: peerAddress }
        return { fault, until: Number.POSITIVE_INFINITY }
      },
    }
  },
  sharedSecret: ({ hashes }) => ({
    connection: () => forever,
    request: (head) => secretFault(head, hashes),
  }),
  mutualTls: ({ issuers, names }) => {
    const parsed = issuers.map((der) => new X509Certificate(der))
    return {
      request: passes,
      connection: ({ hopCertificate }) => certificateVerdict(hopCertificate, parsed, names),
    }
  },
}

export function proofChecks({ proof }: HopPlan): ProofChecks {
  return (kinds[proof.kind] as (proof: HopProof) => ProofChecks)(proof)
}

export function networkTreeOf(texts: readonly string[]): NetworkTree {
  const numbered = texts.flatMap((text) => {
    const network = parseNetwork(text)
    return network === undefined ? [] : [{ network, value: 1 }]
  })
  return readNetworkTree(buildNetworkTree(numbered))
}

const maxSecretCharacters = 512

// Each secret is compared, whichever matches: how long it takes tells nothing.
function secretFault(
  head: Pick<RequestHead, 'header' | 'headerCount'>,
  hashes: readonly Uint8Array[],
): HopFault | undefined {
  const expected = `the shared secret in ${secretField}`
  const given = head.header(secretField)
  if (given === undefined || head.headerCount(secretField) !== 1) {
    return { expected, found: given === undefined ? 'none' : 'several' }
  }
  if (given.length > maxSecretCharacters) return { expected, found: 'another' }
  const hash = createHash('sha256').update(given, 'latin1').digest()
  let matches = 0
  for (const known of hashes) matches += timingSafeEqual(hash, known) ? 1 : 0
  return matches > 0 ? undefined : { expected, found: 'another' }
}

const clientAuth = '1.3.6.1.5.5.7.3.2'

type Verdict = ReturnType<CheckConnection>

function certificateVerdict(
  der: Buffer | undefined,
  issuers: readonly X509Certificate[],
  names: readonly string[],
): Verdict {
  const expected = `a certificate of one of the CAs, for ${names.join(' or ')}`
  const refused = (found: string): Verdict => ({
    fault: { expected, found },
    until: Number.POSITIVE_INFINITY,
  })
  if (der === undefined) return refused('no certificate')
  try {
    const verdict = judgeCertificate(new X509Certificate(der), issuers, names)
    return typeof verdict === 'string' ? refused(verdict) : { fault: undefined, ...verdict }
  } catch (error) {
    // Anyone can present anything: what cannot be read costs its own connection.
    return refused(`a certificate that cannot be read: ${String(error).slice(0, 200)}`)
  }
}

// As with devices: TLS has proven that the peer holds the key, all the rest is decided here, since what
// TLS once verified outlives the CA that it was verified by.
function judgeCertificate(
  leaf: X509Certificate,
  issuers: readonly X509Certificate[],
  names: readonly string[],
): { readonly until: number } | string {
  const issuer = issuers.find((ca) => leaf.checkIssued(ca) && leaf.verify(ca.publicKey))
  const has = certificateNames(leaf)
  const who = has.length === 0 ? 'a certificate without names' : has.join(', ').slice(0, 200)
  if (issuer === undefined) return `${who}: issued by another CA`
  const now = Date.now()
  const from = Math.max(leaf.validFromDate.getTime(), issuer.validFromDate.getTime())
  const until = Math.min(leaf.validToDate.getTime(), issuer.validToDate.getTime())
  if (now < from || now > until) return `${who}: it, or its CA, has expired or is not valid yet`
  const usages = leaf.keyUsage as readonly string[] | undefined
  if (usages !== undefined && !usages.includes(clientAuth)) return `${who}: not made for clients`
  return has.some((name) => names.includes(name)) ? { until } : `${who}: another name`
}

// Names of other kinds stand there too, and quoted where they hold what separates them (node writes them as
// JSON since CVE-2021-44532): a quoted one is none of ours.
function certificateNames({ subjectAltName }: X509Certificate): string[] {
  return (subjectAltName ?? '').split(', ').flatMap((entry) => {
    const match = /^(?:DNS|URI):([^"\s]+)$/.exec(entry)
    return match?.[1] === undefined ? [] : [match[1]]
  })
}
