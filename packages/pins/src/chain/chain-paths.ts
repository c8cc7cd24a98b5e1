import { type Certificate, isIssuedBy } from '@sallyport/pki'
import { crossSigns } from './cross-signs.ts'
import { commonNameOf, knownRoots } from './known-roots.ts'

/** One chain that some client builds for a leaf. */
export type ChainPath = {
  /** The leaf first. */
  readonly certificates: readonly Certificate[]
  /** Whether it ends at a root that is known here. */
  readonly isAnchored: boolean
  /** Whether it needs a cross-signature that the server did not send: a client may have it of its own. */
  readonly isSupposed: boolean
}

export type PathSources = {
  /** What the server sent, the leaf first. */
  readonly sent: readonly Certificate[]
  /** Roots and intermediates besides: of a private CA, or such as clients keep. */
  readonly others?: readonly Certificate[]
  readonly now: number
}

/** No public chain is longer; and of cross-signs, so many paths are told, and so many signatures looked at. */
const maxDepth = 8
const maxPaths = 16
const maxSteps = 10_000

/** Clocks are off by an hour, here and on phones, by a wrong time zone among others. */
const clockToleranceMs = 2 * 3_600_000

/**
 * Every chain that clients may build from what a server sends: to each root that is known, by each cross-signed
 * certificate, and by the cross-signs of the table. Where none ends at a known root, what was sent is the one.
 * Certificates that expired hours ago are left out, or will be valid in hours, the leaf excepted: whether it may be used is
 * not judged.
 */
export function chainPaths({ sent, others = [], now }: PathSources): ChainPath[] {
  const [leaf] = sent
  if (leaf === undefined) return []
  const isValid = (certificate: Certificate): boolean =>
    certificate.notBefore - clockToleranceMs <= now &&
    now <= certificate.notAfter + clockToleranceMs
  const anchors = [...others.filter(isSelfIssued), ...knownRoots()].filter(isValid)
  const pool = [...sent.slice(1), ...others, ...anchors].filter(isValid)
  const bySubject = Map.groupBy(pool, ({ subject }) => subject.toString('latin1'))
  const anchorNames = new Set(anchors.map(nameAndKey))
  const paths: Certificate[][] = []
  let steps = 0

  const extend = (path: readonly Certificate[], last: Certificate): void => {
    if (paths.length >= maxPaths || path.length > maxDepth) return
    if (anchorNames.has(nameAndKey(last))) addPath(paths, path)
    if (isSelfIssued(last)) return
    const seen = new Set(path.map(nameAndKey))
    for (const issuer of bySubject.get(last.issuer.toString('latin1')) ?? []) {
      steps += 1
      if (steps > maxSteps) return
      if (seen.has(nameAndKey(issuer)) || !isIssuedBy(last, issuer)) continue
      extend([...path, issuer], issuer)
    }
  }
  extend([leaf], leaf)
  const anchored = paths.map((certificates) => ({
    certificates,
    isAnchored: true,
    isSupposed: false,
  }))
  if (anchored.length === 0) return [{ certificates: sent, isAnchored: false, isSupposed: false }]
  return [...anchored, ...anchored.flatMap(({ certificates }) => supposed(certificates, paths))]
}

/** The same names and keys are the same path for a pin, whichever certificates carry them. */
function addPath(paths: Certificate[][], path: readonly Certificate[]): void {
  const key = path.map(nameAndKey).join()
  if (!paths.some((other) => other.map(nameAndKey).join() === key)) paths.push([...path])
}

function supposed(path: readonly Certificate[], known: readonly Certificate[][]): ChainPath[] {
  const end = path.at(-1)
  const name = end === undefined ? undefined : commonNameOf(end)
  return crossSigns
    .filter(({ root }) => root === name)
    .flatMap(({ alsoUnder }) => knownRoots().filter((root) => commonNameOf(root) === alsoUnder))
    .map((above) => [...path, above])
    .filter((longer) => !known.some((other) => isSamePath(other, longer)))
    .map((certificates) => ({ certificates, isAnchored: true, isSupposed: true }))
}

function isSamePath(a: readonly Certificate[], b: readonly Certificate[]): boolean {
  return a.map(nameAndKey).join() === b.map(nameAndKey).join()
}

function isSelfIssued({ issuer, subject }: Certificate): boolean {
  return issuer.equals(subject)
}

function nameAndKey({ subject, spkiSha256 }: Certificate): string {
  return `${subject.toString('base64')}.${spkiSha256}`
}
