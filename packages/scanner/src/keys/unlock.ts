import type { PasswordHint } from '../facts.ts'
import type { NotChecked } from '../finding.ts'
import type { FoundSeal, KeyMaterial } from './key-material.ts'
import { KeyFault } from './key-fault.ts'
import { type KeptText, passwordCandidates } from './password/password-candidates.ts'

/** Milliseconds that passwords are tried for. */
export type UnlockBudget = { readonly eachMs: number; readonly allMs: number }
export const defaultUnlockBudget: UnlockBudget = { eachMs: 4_000, allMs: 12_000 }

/**
 * Tries passwords on whatever is sealed, also on what an opened seal hides. What cannot be opened, or was not
 * opened in time, is told.
 */
export function unlock(
  material: KeyMaterial,
  options: {
    readonly hints: readonly PasswordHint[]
    readonly texts: readonly KeptText[]
    readonly budget: UnlockBudget
    readonly now: () => number
    readonly notChecked: (line: NotChecked) => void
  },
): void {
  const { budget, now, notChecked } = options
  const deadline = now() + budget.allMs
  const proven: string[] = []
  let leftOut = 0
  // The array grows while it is walked: an opened store may hold keys under passwords of their own.
  for (const found of material.seals) {
    if (now() >= deadline) {
      leftOut++
      found.whyNot = 'no time was left to try passwords'
      continue
    }
    const until = Math.min(now() + budget.eachMs, deadline)
    try {
      const candidates = candidatesFor(found, proven, options)
      const password = tryAll(found, material, candidates, () => now() < until)
      if (password !== undefined) proven.push(password)
    } catch (error) {
      if (!(error instanceof KeyFault)) throw error
      found.whyNot = error.message
    }
    const { path } = found.place
    if (found.whyNot !== undefined) notChecked({ path, why: `locked: ${found.whyNot}` })
  }
  if (leftOut > 0) {
    notChecked({
      path: '',
      why: `${leftOut} locked keys and keystores: no time was left to try passwords`,
    })
  }
}

/** What opened one store is the likeliest to open the next. */
function* candidatesFor(
  { place }: FoundSeal,
  proven: readonly string[],
  {
    hints,
    texts,
  }: { readonly hints: readonly PasswordHint[]; readonly texts: readonly KeptText[] },
): Generator<string> {
  yield* proven
  const alias = place.alias === undefined ? {} : { alias: place.alias }
  yield* passwordCandidates({ hints, texts, path: place.path, ...alias })
}

/** The password that opened it, or undefined. */
function tryAll(
  found: FoundSeal,
  material: KeyMaterial,
  candidates: Iterable<string>,
  hasTime: () => boolean,
): string | undefined {
  for (const password of candidates) {
    if (!hasTime()) {
      found.whyNot = `${found.tried} passwords were tried before time was up`
      return undefined
    }
    const opened = found.seal.open(password)
    found.tried++
    if (opened !== undefined) {
      material.addOpened(opened, found, password)
      return password
    }
  }
  return undefined
}
