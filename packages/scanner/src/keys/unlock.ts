import type { PasswordHint } from '../facts.ts'
import type { NotChecked } from '../finding.ts'
import type { ScanLimits } from '../limits.ts'
import type { FoundSeal, KeyMaterial } from './key-material.ts'
import { KeyFault } from './key-fault.ts'
import { type KeptText, passwordCandidates } from './password/password-candidates.ts'

export type UnlockLimits = Pick<ScanLimits, 'unlockEachMilliseconds' | 'unlockAllMilliseconds'>

/**
 * Tries passwords on whatever is sealed, also on what an opened seal hides. What cannot be opened, or was not
 * opened in time, is told.
 */
export function unlock(
  material: KeyMaterial,
  options: {
    readonly hints: readonly PasswordHint[]
    readonly texts: readonly KeptText[]
    readonly limits: UnlockLimits
    readonly now: () => number
    readonly notChecked: (line: NotChecked) => void
  },
): void {
  const { limits, now, notChecked } = options
  const deadline = now() + limits.unlockAllMilliseconds
  const proven: string[] = []
  let leftOut = 0
  // The array grows while it is walked: an opened store may hold keys under passwords of their own.
  for (const found of material.seals) {
    if (now() >= deadline) {
      leftOut++
      found.whyNot = 'no time was left to try passwords'
      continue
    }
    const until = Math.min(now() + limits.unlockEachMilliseconds, deadline)
    try {
      const candidates = () => candidatesFor(found, proven, options)
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
  candidates: () => Iterable<string>,
  hasTime: () => boolean,
): string | undefined {
  const { recognises } = found.seal
  for (const password of recognises === undefined ? [] : candidates()) {
    if (!hasTime()) break
    if (!recognises?.(password)) continue
    found.tried++
    const opened = found.seal.open(password)
    if (opened === undefined) break
    material.addOpened(opened, found, password)
    return password
  }
  for (const password of candidates()) {
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
