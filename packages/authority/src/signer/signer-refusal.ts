import { Problem } from '@sallyport/problem'

/** One bound: what is asked holds it, or the signer says what it expected. */
export type Bound<Asked> = {
  readonly expected: (asked: Asked) => string
  readonly found: (asked: Asked) => string
  readonly holds: (asked: Asked) => boolean
}

/** @throws Problem `signer_refused` of the first bound that does not hold */
export function refuseBeyond<Asked>(bounds: readonly Bound<Asked>[], asked: Asked): void {
  const broken = bounds.find(({ holds }) => !holds(asked))
  if (broken !== undefined) throw signerRefusal(broken.expected(asked), broken.found(asked))
}

export function signerRefusal(expected: string, found: string): Problem {
  return new Problem('signer_refused', { expected, found: found.slice(0, 300) })
}
