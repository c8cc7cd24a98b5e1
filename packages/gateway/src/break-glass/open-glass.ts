/**
 * A stage made laxer for a while, by somebody on the gateway's own host, who answers for it: what may be
 * done when a layer refuses what it should not, and nobody who could mend it is there. It needs no
 * authority, ends by itself, and is told to everyone who watches.
 */
export type OpenGlass = {
  /** `brk_…` */
  readonly id: string
  /** The name of a route, of any host; or `all`: every route, and what matches none. */
  readonly route: string
  readonly stage: string
  readonly mode: 'shadow' | 'off'
  /** Milliseconds of the wall clock. */
  readonly at: number
  /** Milliseconds of the wall clock. */
  readonly until: number
  readonly reason: string
  /** The account that did it, as the operating system names it. */
  readonly by: string
}

/** Longer, and it is a configuration. */
export const maxOpenMs = 24 * 3_600_000
export const maxOpen = 100
export const maxReasonCharacters = 500

/**
 * The entries of the file, checked member by member.
 *
 * @throws RangeError which member is not what it must be
 */
export function parseOpenGlass(value: unknown): OpenGlass[] {
  if (!Array.isArray(value) || value.length > maxOpen) {
    throw new RangeError(`not a list of at most ${maxOpen} entries`)
  }
  return value.map((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) throw new RangeError('an entry is no object')
    const members = entry as Readonly<Record<string, unknown>>
    const mode = members['mode']
    if (mode !== 'shadow' && mode !== 'off') throw new RangeError('mode: neither shadow nor off')
    const at = time(members, 'at')
    const until = time(members, 'until')
    if (until - at > maxOpenMs) throw new RangeError('until: more than a day after at')
    return {
      id: text(members, 'id', 40),
      route: text(members, 'route', 1_100),
      stage: text(members, 'stage', 40),
      mode,
      at,
      until,
      reason: text(members, 'reason', maxReasonCharacters),
      by: text(members, 'by', 100),
    }
  })
}

function text(members: Readonly<Record<string, unknown>>, name: string, most: number): string {
  const value = members[name]
  if (typeof value === 'string' && value !== '' && value.length <= most) return value
  throw new RangeError(`${name}: not a text of 1 to ${most} characters`)
}

function time(members: Readonly<Record<string, unknown>>, name: string): number {
  const value = members[name]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new RangeError(`${name}: not a time`)
}
