import type { TextRegion } from '../../text-region.ts'
import { entropyOf } from './entropy.ts'
import { isPlaceholder } from './placeholder.ts'

/** What the other half of a credential looks like: a run of a fixed length that stands alone. */
export type NeighbourForm = {
  /** Global. */
  readonly pattern: RegExp
  readonly entropy: number
}

/** So many letters and digits that stand alone, with a capital and a digit among them: words and hex have not both. */
export function mixedRun(characters: number): RegExp {
  const before = characters - 1
  return new RegExp(
    `(?<![A-Za-z0-9])(?=[^\\s]{0,${before}}[A-Z])(?=[^\\s]{0,${before}}\\d)[A-Za-z0-9]{${characters}}(?![A-Za-z0-9])`,
    'g',
  )
}

/** How far a neighbour is looked for, in characters to either side. */
const reach = 600
/** What a whole region is searched for, where it is a pool of strings: neighbours in code are none there. */
const candidatesKept = 8

const pools = new WeakMap<TextRegion, Map<NeighbourForm, readonly string[]>>()

/**
 * Finds the secret that belongs to a public identifier: near it, or, in a pool of strings, anywhere in it, where
 * few look like it.
 */
export function randomNeighbour(
  region: TextRegion,
  index: number,
  form: NeighbourForm,
): { readonly secret: string; readonly isNear: boolean } | undefined {
  const start = Math.max(0, index - reach)
  const near = candidates(region.text.slice(start, index + reach), form)
  const nearest = near.toSorted(
    (one, other) => Math.abs(start + one.index - index) - Math.abs(start + other.index - index),
  )[0]
  if (nearest !== undefined) return { secret: nearest.text, isNear: true }
  if (!isPool(region)) return undefined
  const [only, ...others] = poolCandidates(region, form)
  return only === undefined || others.length >= candidatesKept
    ? undefined
    : { secret: only, isNear: false }
}

function isPool({ source }: TextRegion): boolean {
  return source === 'code-strings' || source === 'native-strings' || source === 'resource-strings'
}

/** Once for each region, however many identifiers it holds. */
function poolCandidates(region: TextRegion, form: NeighbourForm): readonly string[] {
  const known = pools.get(region) ?? new Map<NeighbourForm, readonly string[]>()
  pools.set(region, known)
  const before = known.get(form)
  if (before !== undefined) return before
  const found = [...new Set(candidates(region.text, form).map(({ text }) => text))]
  known.set(form, found)
  return found
}

function candidates(text: string, { pattern, entropy }: NeighbourForm) {
  const found: { readonly text: string; readonly index: number }[] = []
  for (const { 0: candidate, index } of text.matchAll(pattern)) {
    if (entropyOf(candidate) < entropy || isPlaceholder(candidate)) continue
    found.push({ text: candidate, index })
    if (found.length > candidatesKept) break
  }
  return found
}
