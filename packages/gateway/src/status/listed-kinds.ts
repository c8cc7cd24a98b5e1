import { endedKinds, type StatusKind } from '@sallyport/wire'
import type { PackedStatus } from '@sallyport/wire/status'

/** The kinds that a snapshot lists keys of. */
export const listedKinds = [
  'certificate',
  'device',
  'issuer',
  ...Object.keys(endedKinds),
] as StatusKind[]

export function isListed(kind: string): boolean {
  return listedKinds.some((each) => each === kind)
}

/** What a newer authority lists and this version knows nothing of. An empty list says nothing. */
export function unknownIn({ sections }: PackedStatus): string[] {
  const unknown = sections.filter(({ kind, count }) => count > 0 && !isListed(kind))
  return [...new Set(unknown.map(({ kind }) => kind))]
}
