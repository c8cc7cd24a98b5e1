import { isIP } from 'node:net'
import type { Json } from './canonical-json.ts'

/**
 * What a person may want forgotten. `address`: of the network. `user`: what a user is known by. `identifier`:
 * what a device is known by where it is managed. `operator`: somebody who works with the authority.
 */
export const personalKinds = ['address', 'user', 'identifier', 'operator'] as const
export type PersonalKind = (typeof personalKinds)[number]

/** A value that no row of the audit log holds: a commitment to it does, and the value lies beside the log. */
export class Personal {
  readonly kind: PersonalKind
  readonly value: string

  constructor(kind: PersonalKind, value: string) {
    this.kind = kind
    // Half of a surrogate pair is in no text that a store gives back.
    this.value = value.toWellFormed()
  }
}

/** What an event is told with: JSON, in which any value may be a personal one. */
export type Told = Json | Personal | readonly Told[] | { readonly [member: string]: Told }

/** Says that a value is personal. Without one there is none. */
export function personal(kind: PersonalKind, value: string): Personal
export function personal(kind: PersonalKind, value: string | null | undefined): Personal | null
export function personal(kind: PersonalKind, value: string | null | undefined): Personal | null {
  return value === null || value === undefined ? null : new Personal(kind, value)
}

/** Who acts, where that is nobody in person: a part of the system, or what an id stands for. */
const impersonal =
  /^(?:authority|operator|(?:device|admin|gateway|client|provider|acme|key|token|account|mdm):[^\s@]+)$/

/** An actor: an address, or somebody who signed in, is a personal value. So is what is of no known form. */
export function personalActor(actor: string): string | Personal {
  if (isIP(actor) !== 0) return new Personal('address', actor)
  const isImpersonal = actor.split(' and ').every((one) => impersonal.test(one))
  return isImpersonal ? actor : new Personal('operator', actor)
}
