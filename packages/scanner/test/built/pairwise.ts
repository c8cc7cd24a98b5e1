/** One value of each of three kinds. */
export type Choice = readonly [string, string, string]

/**
 * A small set of the possible triples in which each pair of values that can come together does so at least once.
 * The same for the same input.
 */
export function pairwise<Each extends Choice>(possible: readonly Each[]): Each[] {
  const open = new Set(possible.flatMap(pairsOf))
  const chosen: Each[] = []
  while (open.size > 0) {
    let best: Each | undefined
    let most = 0
    for (const each of possible) {
      const gain = pairsOf(each).filter((pair) => open.has(pair)).length
      if (gain > most) [best, most] = [each, gain]
    }
    if (best === undefined) break
    chosen.push(best)
    for (const pair of pairsOf(best)) open.delete(pair)
  }
  return chosen
}

export function pairsOf([a, b, c]: Choice): string[] {
  return [`${a} + ${b}`, `${a} + + ${c}`, `+ ${b} + ${c}`]
}
