import { X509Certificate } from 'node:crypto'
import type { Certificate } from '@sallyport/pki'
import { type ChainPath, chainPaths } from '../chain/chain-paths.ts'
import type { Survey } from '../chain/survey.ts'
import { titleOf } from '../chain/title.ts'
import { pinSetFaults } from '../pin-set-faults.ts'
import type { PinnedHost, PinsFile } from '../pins-file.ts'
import type { About, CheckFinding } from './finding.ts'
import { type Live, liveNotes } from './live-notes.ts'
import { atsDigestsOf, digestsOf, matchesOf, type PinnedDigests } from './match.ts'
import { type PackagedPins, packagedDrift, packagedFor } from './packaged-pins.ts'
import { trustkitChains } from './trustkit-chains.ts'

/** Certificates that servers will send: the leaf first, or the CA that comes above the leaf in use. */
export type NextChain = { readonly name: string; readonly certificates: readonly Certificate[] }

export type Evidence = {
  /** What servers send now, by host; a host without one was not asked. */
  readonly surveys: ReadonlyMap<string, Survey>
  readonly next?: readonly NextChain[]
  readonly packaged?: readonly PackagedPins[]
  /** Certificates of private CAs. */
  readonly others?: readonly Certificate[]
  readonly now: number
}

/** Holds a file of pins against what servers send, what they will send, and what packages carry. Pure. */
export function checkPins(file: PinsFile, evidence: Evidence): CheckFinding[] {
  const faults = pinSetFaults(file, evidence.now).map(
    ({ weight, host, what, fix }): CheckFinding => ({
      host,
      outcome: weight === 'refusal' ? 'broken' : 'note',
      about: { kind: 'file' },
      what,
      fix,
    }),
  )
  return [
    ...faults,
    ...file.hosts.flatMap((host) => checkHost(host, file, evidence)),
    ...unused(file, evidence),
  ]
}

/** A certificate that was to be tried and was not is no good news. */
function unused({ hosts }: PinsFile, { next = [], surveys }: Evidence): CheckFinding[] {
  return next
    .filter((chain) =>
      hosts.every((host) => nextSent(chain, host, surveys.get(host.name)).length === 0),
    )
    .map(({ name, certificates: [first] }) => ({
      host: hosts.map((host) => host.name).join(', '),
      outcome: 'not looked at',
      about: { kind: 'next', name },
      what:
        first?.isCa === true
          ? 'a CA is tried above the leaf in use, and no server showed one'
          : 'the certificate is for none of these names',
    }))
}

function checkHost(host: PinnedHost, file: PinsFile, evidence: Evidence): CheckFinding[] {
  const { surveys, next = [], packaged = [], now } = evidence
  const survey = surveys.get(host.name)
  const pinned = digestsOf(host)
  const ats = atsDigestsOf(host)
  const others = [
    ...(evidence.others ?? []),
    ...host.authorities,
    ...host.pins.flatMap(({ certificate }) => (certificate === undefined ? [] : [certificate])),
  ]
  const live: readonly Live[] = (survey?.sent ?? []).map((sent) => ({
    sent,
    paths: chainPaths({ sent: sent.certificates, others, now }),
  }))
  const coming = next
    .map((chain) => ({ name: chain.name, sent: nextSent(chain, host, survey) }))
    .filter(({ sent }) => sent.length > 0)
    .map(({ name, sent }) => ({
      name,
      paths: sent.flatMap((certificates) => nextPaths(certificates, survey, others, now)),
    }))
  const judgeAll = (digests: PinnedDigests, about?: About): CheckFinding[] => [
    ...live.flatMap(({ sent, paths }) =>
      judge(host.name, digests, paths, {
        about: about ?? { kind: 'live' },
        shown: sent.to.join(', '),
        broken: 'broken',
      }),
    ),
    ...coming.flatMap(({ name, paths }) =>
      judge(host.name, digests, paths, {
        about: about ?? { kind: 'next', name },
        shown: name,
        broken: 'will break',
      }),
    ),
  ]
  return [
    ...(survey?.silent ?? []).map(
      ({ address, why }): CheckFinding => ({
        host: host.name,
        // Where one address answers, another is of a network that this machine has not, such as IPv6.
        outcome: survey?.sent.length === 0 ? 'not looked at' : 'note',
        about: { kind: 'live' },
        what: `${address} gave no certificates: ${why}`,
      }),
    ),
    ...judgeAll(pinned),
    ...(ats === undefined ? [] : judgeAll(ats, { kind: 'target', name: 'ios-ats' })),
    ...liveNotes(host, file, live, now),
    ...packagedFor(packaged, host.name, now).flatMap(({ name, source, sha256, place }) => {
      const set = { compare: 'key', digests: new Set(sha256) } as const
      const about = { kind: 'package', name } as const
      const shown = [...live, ...coming].flatMap(({ paths }) => paths)
      return [
        ...judgeAll(place === undefined ? set : { ...set, at: place }, about),
        ...(source === 'trustkit' ? trustkitChains(host.name, sha256, shown, about) : []),
      ]
    }),
    ...packagedDrift(host, packaged, now),
  ]
}

/** What a next chain means for a host: itself, or the leaves in use under a next CA. None where it is of another name. */
function nextSent(
  { certificates }: NextChain,
  host: PinnedHost,
  survey: Survey | undefined,
): (readonly Certificate[])[] {
  const [first] = certificates
  if (first === undefined) return []
  if (!first.isCa) {
    return new X509Certificate(first.der).checkHost(host.name) === undefined ? [] : [certificates]
  }
  const leaves = (survey?.sent ?? []).flatMap((sent) => sent.certificates.slice(0, 1))
  return leaves.map((leaf) => [leaf, ...certificates])
}

/** A leaf under another CA than its own makes no chain by signatures: then it is taken as it was given. */
function nextPaths(
  sent: readonly Certificate[],
  survey: Survey | undefined,
  others: readonly Certificate[],
  now: number,
): ChainPath[] {
  const [leaf, issuer] = sent
  if (leaf !== undefined && issuer !== undefined && !leaf.issuer.equals(issuer.subject)) {
    const above = chainPaths({ sent: sent.slice(1), others, now })
    return above.map((path) => ({ ...path, certificates: [leaf, ...path.certificates] }))
  }
  const known = (survey?.sent ?? []).flatMap(({ certificates }) => certificates.slice(1))
  // What is not valid yet will be.
  const at = Math.max(now, ...sent.map(({ notBefore }) => notBefore))
  return chainPaths({ sent, others: [...known, ...others], now: at })
}

type Judging = {
  readonly about: About
  readonly shown: string
  readonly broken: 'broken' | 'will break'
}

function judge(
  host: string,
  pinned: PinnedDigests,
  paths: readonly ChainPath[],
  { about, shown, broken }: Judging,
): CheckFinding[] {
  const judged = paths.map((path) => ({ path, matches: matchesOf(pinned, path) }))
  const failing = judged.filter(({ matches }) => matches.length === 0)
  if (failing.length === 0) {
    const places = new Set(judged.flatMap(({ matches }) => matches.map(({ place }) => place)))
    const what = `${[...places].join(' and ')} pinned in ${paths.length === 1 ? 'the chain' : `all ${paths.length} chains that clients may build`} (${shown})`
    return [{ host, outcome: 'ok', about, what }]
  }
  const ends = failing.map(({ path }) => endOf(path)).join('; ')
  return [
    {
      host,
      outcome: broken,
      about,
      what:
        failing.length === judged.length
          ? `none of the pins is in the chain (${shown}): ${ends}`
          : `clients that build ${failing.length} of ${judged.length} chains find no pin (${shown}): ${ends}`,
      fix: 'Add a pin of what is there, and release it before servers change: `sallyport pins add`. Where they changed already, go back, or to the backup key.',
    },
  ]
}

function endOf({ certificates }: ChainPath): string {
  return certificates.map((certificate) => titleOf(certificate)).join(' ← ')
}
