import type { Network } from './network.ts'

/** What a list does to the addresses in it. */
export const listEffects = ['deny', 'allow', 'exempt'] as const
export type ListEffect = (typeof listEffects)[number]

/** One list of the configuration: its networks, read and checked. */
export type AddressList = {
  readonly name: string
  readonly effect: ListEffect
  readonly networks: readonly Network[]
}

/** A block list that is fetched on a schedule. */
export type FetchedList = {
  readonly name: string
  readonly url: string
  readonly refreshMinutes: number
  /** PEM; the CAs of the system without it. */
  readonly ca: string | undefined
}

export type AddressPlan = {
  readonly lists: readonly AddressList[]
  readonly fetched: readonly FetchedList[]
}
