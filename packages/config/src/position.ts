import { type Document, isMap, isScalar, type LineCounter, type Node } from 'yaml'

export type Position = { line: number; column: number }

/**
 * Where in the file a member stands: at its key where it is in a mapping, and at the nearest member
 * above it that exists where it is missing.
 *
 * @param pointer JSON pointer (RFC 6901) of the member
 * @param key a member of it that is meant instead, where it exists
 */
export function positionOf(
  document: Document,
  lineCounter: LineCounter,
  pointer: string,
  key?: string,
): Position {
  const steps = pointer.split('/').slice(1).map(unescapeStep)
  if (key !== undefined) steps.push(key)
  for (let depth = steps.length; depth > 0; depth--) {
    const offset = offsetOf(document, steps.slice(0, depth))
    if (offset !== undefined) return at(lineCounter, offset)
  }
  return at(lineCounter, document.contents?.range?.[0] ?? 0)
}

function offsetOf(document: Document, steps: string[]): number | undefined {
  const last = steps.at(-1)
  const parent = steps.length === 1 ? document.contents : document.getIn(steps.slice(0, -1), true)
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === last)
    return pair !== undefined && isScalar(pair.key) ? pair.key.range?.[0] : undefined
  }
  const node = document.getIn(steps, true) as Node | undefined
  return node?.range?.[0]
}

function at(lineCounter: LineCounter, offset: number): Position {
  const { line, col } = lineCounter.linePos(offset)
  return { line, column: col }
}

function unescapeStep(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}
