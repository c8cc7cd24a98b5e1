import type { Sink } from '../sink.ts'
import type { References } from './references.ts'
import type { Survey } from './survey.ts'

/** Their classes have no shapes. */
const platform = /^(\[|Ljava\/|Landroid\/|Ldalvik\/)/

/**
 * Tells where classes are used that have a shape, or that another DEX of the package may define.
 *
 * @param defined types that this DEX defines
 * @param shaped types of this DEX that have a shape
 */
export function tellTypeUses(
  {
    survey: { firstUse, lastUse },
    references,
    sink,
  }: { readonly survey: Survey; readonly references: References; readonly sink: Sink },
  defined: ReadonlySet<number>,
  shaped: ReadonlySet<number>,
): void {
  const by = new Map<string, readonly string[]>()
  for (let type = 0; type < firstUse.length; type++) {
    const first = firstUse[type] as number
    if (first === 0 || (defined.has(type) && !shaped.has(type))) continue
    const descriptor = references.type(type)
    if (platform.test(descriptor)) continue
    const last = lastUse[type] ?? 0
    const users = new Set([references.methodName(first - 1), references.methodName(last - 1)])
    by.set(descriptor, [...users])
  }
  if (by.size > 0) sink.fact('typeUses', { by })
}
