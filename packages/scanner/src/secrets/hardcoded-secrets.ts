import type { DetectorMaker } from '../detector.ts'
import type { Sink } from '../sink.ts'
import type { TextRegion } from '../text-region.ts'
import { type Literal, literalFinder } from '../text/literal-finder.ts'
import { entropyOf } from './checks/entropy.ts'
import { isKnownExample } from './checks/known-example.ts'
import { isPlaceholder } from './checks/placeholder.ts'
import { nameAt, namedValue } from './named/find-named-values.ts'
import { judgeNamed } from './named/named-secrets.ts'
import { secretNameParts } from './named/secret-name.ts'
import { textsOfResources } from './named/texts-of-resources.ts'
import type { SecretKind } from './secret-kind.ts'
import { secretKinds } from './secret-kinds.ts'
import { SecretLedger } from './secret-ledger.ts'

const defaultEntropy = 2.8

/** What a literal begins: a secret of a kind, or the name of one. */
type Sought = SecretKind | 'name'

const literals: readonly Literal<Sought>[] = [
  ...secretKinds.flatMap((kind) =>
    kind.literals.map((literal) => ({ literal, anyCase: kind.anyCase ?? false, value: kind })),
  ),
  ...secretNameParts.map((literal) => ({ literal, anyCase: true, value: 'name' as const })),
]
const find = literalFinder<Sought>(literals)

/** Hints for keystores that one scan takes from text. */
const maxPasswordHints = 2000
/** As likely as one that code gives such a name. From 0 to 100. */
const passwordWeight = 90

/**
 * Rule `hardcoded-secret`. One pass finds the literals of all kinds; only around those are patterns tried. What
 * matches is a secret once its checks agree: checksum, structure, entropy, what stands beside it, and that nobody's
 * documentation has it. What is of no kind is judged by the name it is given.
 */
export const hardcodedSecrets: DetectorMaker = ({ submittedAt }) => {
  const ledger = new SecretLedger()
  let passwordHints = 0

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

  function tryName(at: Span, region: TextRegion, sink: Sink): void {
    const named = namedValue(region, at)
    if (named === undefined) return
    const { name, kind, value } = named
    if (kind === 'password' && passwordHints < maxPasswordHints) {
      passwordHints += 1
      sink.fact('passwords', { text: value, weight: passwordWeight })
    }
    const found = judgeNamed(name, value)
    if (found === undefined || isOfKnownKind(value)) return
    ledger.add(found, { path: region.path, offset: region.offsetAt(named.index) })
  }

  return {
    text: (region, sink) => {
      const searchedTo: SearchedTo = new Map()
      let nameEnd = 0
      find(region.text, (index, sought) => {
        if (sought !== 'name') return tryKind(sought, index, region, searchedTo)
        // Of a name that holds several of the parts, once.
        if (index < nameEnd) return
        const name = nameAt(region.text, index)
        nameEnd = name.end
        tryName(name, region, sink)
      })
    },
    end: (facts, sink) => {
      for (const { name, text, location } of [...facts.namedTexts, ...textsOfResources(facts)]) {
        const found = isOfKnownKind(text) ? undefined : judgeNamed(name, text)
        if (found !== undefined) ledger.add(found, location)
      }
      ledger.report(sink)
    },
  }
}

/** Whether a row of the table speaks of it, also by saying that it is none. */
function isOfKnownKind(value: string): boolean {
  let isKnown = false
  find(value, (index, sought) => {
    if (sought === 'name' || sought.nearby !== undefined) return
    for (const _match of matches(sought, index, value, new Map())) isKnown = true
  })
  return isKnown
}

type Span = { readonly start: number; readonly end: number }

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
