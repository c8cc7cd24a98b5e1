import type { RoutePattern } from './route-pattern.ts'

type Node<S> = {
  readonly literals: Map<string, Node<S>>
  parameter: Node<S> | undefined
  /** Of the path that ends here. */
  exact: FoundInTree<S> | undefined
  /** Of everything below. */
  prefix: FoundInTree<S> | undefined
}

export type FoundInTree<S> = { readonly pattern: RoutePattern; readonly value: S }

/**
 * The patterns with parameters of one host, by segment. No two of them are ambiguous, so that all that
 * match one path are special cases of each other: the deepest is the most special, and of the same
 * depth the one whose literal segment comes first. A path visits each node at most once.
 */
export class ParameterTree<S> {
  readonly #root: Node<S> = emptyNode()
  #maxDepth = 0

  add(pattern: RoutePattern, value: S): void {
    const { segments, isPrefix } = pattern
    let node = this.#root
    for (const segment of segments) {
      const next =
        (segment === undefined ? node.parameter : node.literals.get(segment)) ?? emptyNode<S>()
      if (segment === undefined) node.parameter = next
      else node.literals.set(segment, next)
      node = next
    }
    if (isPrefix) node.prefix = { pattern, value }
    else node.exact = { pattern, value }
    this.#maxDepth = Math.max(this.#maxDepth, segments.length)
  }

  find(path: string): FoundInTree<S> | undefined {
    // Segments below the deepest pattern decide nothing.
    return search(this.#root, path.slice(1).split('/', this.#maxDepth + 1), 0)
  }
}

function search<S>(
  node: Node<S>,
  segments: readonly string[],
  depth: number,
): FoundInTree<S> | undefined {
  const segment = segments[depth]
  if (segment === undefined) return node.exact
  const literal = node.literals.get(segment)
  const one = literal === undefined ? undefined : search(literal, segments, depth + 1)
  if (one?.pattern.isPrefix === false || node.parameter === undefined) return one ?? node.prefix
  // An empty segment is the value of no parameter.
  const other = segment === '' ? undefined : search(node.parameter, segments, depth + 1)
  return moreSpecial(one, other) ?? node.prefix
}

/** Of two that match, below a literal and below a parameter. */
function moreSpecial<S>(
  literal: FoundInTree<S> | undefined,
  parameter: FoundInTree<S> | undefined,
): FoundInTree<S> | undefined {
  if (literal === undefined || parameter === undefined) return literal ?? parameter
  if (!parameter.pattern.isPrefix) return parameter
  return parameter.pattern.segments.length > literal.pattern.segments.length ? parameter : literal
}

function emptyNode<S>(): Node<S> {
  return { literals: new Map(), parameter: undefined, exact: undefined, prefix: undefined }
}
