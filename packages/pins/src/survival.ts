import type { Pin, PinnedHost } from './pins-file.ts'

/** A change that servers go through, and what of a chain is new after it. */
export type Change = {
  readonly id: 'leaf-renewed' | 'leaf-key-changed' | 'intermediate-changed' | 'authority-changed'
  readonly what: string
}

export type Survival = Change & {
  readonly survives: boolean
  /** The pins that match after it, or could be made to. */
  readonly by: readonly Pin[]
}

type Rule = Change & { readonly keeps: (pin: Pin, host: PinnedHost) => boolean }

/** From the most frequent to the rarest. A backup answers for all of them, once its key is certified. */
const changes: readonly Rule[] = [
  {
    id: 'leaf-renewed',
    what: 'the certificate is renewed under the same key',
    keeps: (pin, { compare }) => compare === 'key' || pin.place !== 'leaf' || pin.role === 'backup',
  },
  {
    id: 'leaf-key-changed',
    what: 'the certificate is renewed with a new key',
    keeps: (pin) => pin.place !== 'leaf' || pin.role === 'backup',
  },
  {
    id: 'intermediate-changed',
    what: 'the CA issues from another intermediate',
    keeps: (pin) => pin.place === 'root' || pin.role === 'backup',
  },
  {
    id: 'authority-changed',
    what: 'certificates come from another CA',
    keeps: (pin) => pin.role === 'backup',
  },
]

/** A host as App Transport Security has it, where that is given a part of its pins (`ats`). */
export function asGivenToAts(host: PinnedHost): PinnedHost | undefined {
  if (host.ats === undefined || host.compare !== 'key') return undefined
  const isGiven = ({ place }: Pin): boolean => (place === 'leaf') === (host.ats === 'leaf')
  return { ...host, pins: host.pins.filter(isGiven) }
}

/** Which changes installed apps live through, by these pins. */
export function survivals(host: PinnedHost): Survival[] {
  return changes.map(({ id, what, keeps }) => {
    const by = host.pins.filter((pin) => keeps(pin, host))
    return { id, what, survives: by.length > 0, by }
  })
}
