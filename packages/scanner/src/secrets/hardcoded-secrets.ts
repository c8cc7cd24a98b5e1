import type { DetectorMaker } from '../detector.ts'
import type { Sink } from '../sink.ts'
import type { TextRegion } from '../text-region.ts'
import { type Literal, literalFinder } from '../text/literal-finder.ts'
import { entropyOf } from './checks/entropy.ts'
import { isKnownExample } from './checks/known-example.ts'
import { isPlaceholder } from './checks/placeholder.ts'
import type { SecretKind } from './secret-kind.ts'
import { secretKinds } from './secret-kinds.ts'
import { SecretLedger } from './secret-ledger.ts'

const defaultEntropy = 2.8

const literals: readonly Literal<SecretKind>[] = secretKinds.flatMap((kind) =>
  kind.literals.map((literal) => ({ literal, anyCase: kind.anyCase ?? false, value: kind })),
)
const find = literalFinder(literals)

/**
 * Rule `hardcoded-secret`. One pass finds the literals of all kinds; only around those are patterns tried. What
 * matches is a secret once its checks agree: checksum, structure, entropy, what stands beside it, and that nobody's
 * documentation has it.
 */
export const hardcodedSecrets: DetectorMaker = ({ submittedAt }) => {
  const ledger = new SecretLedger()

  function tryKind(
    kind: SecretKind,
    index: number,
    region: TextRegion,
    searchedTo: SearchedTo,
  ): void {
    for (const match of matches(kind, index, region.text, searchedTo)) {
      const secret = match.groups['secret'] ?? match.text
      if (entropyOf(secret) < (kind.entropy ?? defaultEntropy)) continue
      if (isPlaceholder(secret) || isKnownExample(secret)) continue
      const verdict =
        kind.check === undefined
          ? {}
          : kind.check({
              secret,
              groups: match.groups,
              index: match.index,
              region,
              now: submittedAt,
            })
      if (verdict === undefined) continue
      const { id, name, severity, confidence, gives, revoke } = kind
      const found = { kind: id, name, secret, severity, confidence, gives, revoke, ...verdict }
      ledger.add(found, { path: region.path, offset: region.offsetAt(match.index) })
    }
  }

  return {
    text: (region) => {
      const searchedTo: SearchedTo = new Map()
      find(region.text, (index, kind) => tryKind(kind, index, region, searchedTo))
    },
    end: (_facts, sink: Sink) => ledger.report(sink),
  }
}

type Match = {
  readonly text: string
  readonly index: number
  readonly groups: Readonly<Record<string, string | undefined>>
}

/** How far a kind's text nearby was searched: no part of it is searched for each of many literals again. */
type SearchedTo = Map<SecretKind, number>

/** More than any secret that is searched nearby has. In characters. */
const longestNearby = 160

function* matches(
  kind: SecretKind,
  index: number,
  text: string,
  searchedTo: SearchedTo,
): Iterable<Match> {
  const { pattern, nearby } = kind
  if (nearby === undefined) {
    pattern.lastIndex = frontOf(kind, index, text)
    const match = pattern.exec(text)
    if (match !== null) yield { text: match[0], index: match.index, groups: match.groups ?? {} }
    return
  }
  const from = Math.max(0, index - nearby[0], (searchedTo.get(kind) ?? 0) - longestNearby)
  const to = Math.min(text.length, index + nearby[1])
  searchedTo.set(kind, to)
  for (const match of text.slice(from, to).matchAll(pattern)) {
    // At the edges, what goes on beyond them looks shorter than it is.
    if (match.index === 0 && from > 0) continue
    if (match.index + match[0].length === to - from && to < text.length) continue
    yield { text: match[0], index: from + match.index, groups: match.groups ?? {} }
  }
}

function frontOf({ back }: SecretKind, index: number, text: string): number {
  if (back === undefined) return index
  let front = index
  const least = Math.max(0, index - back.most)
  while (front > least && back.over[text.charCodeAt(front - 1)] === 1) front -= 1
  return front
}
