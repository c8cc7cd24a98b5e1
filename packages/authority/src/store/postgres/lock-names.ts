import { createHash } from 'node:crypto'

export type LockNames = {
  /** First key of the advisory locks: the store, by its schema. */
  readonly group: number
  /** Second keys: who writes, and who brings the tables to another version. */
  readonly write: 1
  readonly migrate: 2
  /** Where commits are told of. */
  readonly channel: string
}

/** Locks and channels are of a whole database, in which there may be several stores. */
export function lockNames(schema: string): LockNames {
  const hash = createHash('sha256').update(`sallyport ${schema}`).digest()
  const channel = `sallyport_${hash.toString('hex', 0, 8)}`
  return { group: hash.readInt32BE(0), write: 1, migrate: 2, channel }
}
