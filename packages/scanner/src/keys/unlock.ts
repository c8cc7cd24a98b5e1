import type { PasswordHint } from '../facts.ts'
import type { NotChecked } from '../finding.ts'
import type { FoundSeal, KeyMaterial } from './key-material.ts'
import { KeyFault } from './key-fault.ts'
import { type KeptText, passwordCandidates } from './password/password-candidates.ts'

/** Milliseconds that passwords are tried for. */
export type UnlockBudget = { readonly eachMs: number; readonly allMs: number }
export const defaultUnlockBudget: UnlockBudget = { eachMs: 2_000, allMs: 8_000 }

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
  const startedAt = now()
  const proven: string[] = []
  // The array grows while it is walked: an opened store may hold keys under passwords of their own.
  for (const found of material.seals) {
    const { path } = found.place
    const deadline = Math.min(now() + budget.eachMs, startedAt + budget.allMs)
    const candidates = candidatesFor(found, proven, options)
    try {
      const tried = tryAll(found, material, candidates, () => now() < deadline)
      if (found.isOpen) proven.push(tried.password)
      else if (tried.isCutShort) {
        notChecked({ path, why: `locked: ${tried.count} passwords were tried before time was up` })
      }
    } catch (error) {
      if (!(error instanceof KeyFault)) throw error
      notChecked({ path, why: `locked: ${error.message}` })
    }
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

function tryAll(
  found: FoundSeal,
  material: KeyMaterial,
  candidates: Iterable<string>,
  hasTime: () => boolean,
): { password: string; count: number; isCutShort: boolean } {
  let count = 0
  for (const password of candidates) {
    if (!hasTime()) return { password, count, isCutShort: true }
    const opened = found.seal.open(password)
    count++
    if (opened !== undefined) {
      material.addOpened(opened, found, password)
      return { password, count, isCutShort: false }
    }
  }
  return { password: '', count, isCutShort: false }
}
