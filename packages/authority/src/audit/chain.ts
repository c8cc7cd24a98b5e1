import type { Kysely } from 'kysely'
import type { Tables } from '../store/tables.ts'

/** The chain of an authority that was given no name, and of logs from when there was but one. */
export const defaultChain = 'authority'

const chains = new WeakMap<Kysely<Tables>, string>()

/** Says which chain is appended to through a store: that of the authority whose connection it is. */
export function nameChain(store: Kysely<Tables>, chain: string): void {
  chains.set(store, chain)
}

/** The chain that is appended to through a store. */
export function chainOf(store: Kysely<Tables>): string {
  return chains.get(store) ?? defaultChain
}

/** The row of `heads` that holds the end of a chain. */
export function headName(chain: string): `audit:${string}` {
  return `audit:${chain}`
}
