import type { Sink } from '../sink.ts'

/** Facts of one kind that one DEX tells. */
const maxFacts = 20_000

/**
 * Lets no more facts through than a real DEX has. Passwords are kept until `end`, so that each text is told once, with
 * the greatest weight that it has.
 */
export function boundedSink(
  whole: Sink,
  told: (why: string) => void,
): { readonly sink: Sink; readonly end: () => void } {
  const passwords = new Map<string, number>()
  const counts = new Map<string, number>()
  const fact: Sink['fact'] = (kind, each) => {
    if (kind === 'passwords' && 'weight' in each) {
      const known = passwords.get(each.text)
      if (known !== undefined || passwords.size < maxFacts) {
        passwords.set(each.text, Math.max(known ?? 0, each.weight))
      }
      return
    }
    const count = (counts.get(kind) ?? 0) + 1
    counts.set(kind, count)
    if (count === maxFacts + 1)
      told(`more than ${maxFacts} of ${kind} were found: the rest was left out`)
    if (count <= maxFacts) whole.fact(kind, each)
  }
  return {
    sink: { ...whole, fact },
    end: () => {
      for (const [text, weight] of passwords) whole.fact('passwords', { text, weight })
    },
  }
}
