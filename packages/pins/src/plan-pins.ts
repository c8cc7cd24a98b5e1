import type { Certificate } from '@sallyport/pki'
import { dayMs, midnightOf } from './day.ts'
import type { Pin, PinnedHost, PinsFile } from './pins-file.ts'
import { asGivenToAts, survivals } from './survival.ts'

/** One line of the calendar. */
export type PlanEvent = {
  /** Milliseconds, midnight UTC. */
  readonly at: number
  readonly host: string
  /**
   * `add pin`: the last day on which a pin gets into a build in time. `release`: the last day to release that build.
   * `ends`: what the two before are about.
   */
  readonly kind: 'add pin' | 'release' | 'ends'
  /** One line, without a full stop. */
  readonly what: string
  /** Whether installs are locked out, or go unpinned, where it is missed. */
  readonly isCritical: boolean
  readonly isOverdue: boolean
}

export type Plan = {
  /** Soonest first. */
  readonly events: readonly PlanEvent[]
  /** If a pin is added today, servers may use it from this day on. Milliseconds, midnight UTC. */
  readonly usableFrom: number
}

/**
 * When pins must be in the file, so that enough installs have them on the day: from the dates of certificates and of
 * the sets themselves, how often builds are released, and how long installs take.
 *
 * @param live the leaf certificates that servers send now, by host; a file need not have their dates
 */
export function planPins(
  file: PinsFile,
  { now, live = new Map() }: { now: number; live?: ReadonlyMap<string, readonly Certificate[]> },
): Plan {
  const { everyDays, adoptionDays } = file.release
  const today = midnightOf(now)
  const ends = file.hosts.flatMap((host) => [
    ...setEnds(host),
    ...pinEnds(host),
    ...liveEnds(host, live.get(host.name) ?? []),
  ])
  const events = ends.flatMap((end) => steps(end, today, { everyDays, adoptionDays }))
  return {
    events: events.toSorted((a, b) => a.at - b.at || a.host.localeCompare(b.host)),
    usableFrom: today + (everyDays + adoptionDays) * dayMs,
  }
}

type End = {
  readonly host: string
  readonly at: number
  readonly what: string
  /** What must be in the file before. */
  readonly needs: string
  readonly isCritical: boolean
}

function setEnds({ name, expires }: PinnedHost): End[] {
  if (expires === undefined) return []
  return [
    {
      host: name,
      at: expires,
      what: 'the pins of builds with this date hold no more',
      needs: 'a later "expires"',
      isCritical: true,
    },
  ]
}

function pinEnds(host: PinnedHost): End[] {
  return host.pins.flatMap((pin) => {
    if (pin.notAfter === undefined) return []
    const name = pin.subject ?? pin.role
    return [
      {
        host: host.name,
        at: pin.notAfter,
        what: `the certificate of ${name} (${pin.role}) ends`,
        needs: `the pin of what follows ${name}${host.compare === 'key' && pin.place === 'leaf' ? ', unless it is renewed under its key' : ''}`,
        isCritical: isNeeded(pin, host),
      },
    ]
  })
}

function liveEnds(host: PinnedHost, leaves: readonly Certificate[]): End[] {
  const noted = new Set(
    host.pins.flatMap(({ notAfter }) => (notAfter === undefined ? [] : [midnightOf(notAfter)])),
  )
  return leaves
    .filter(({ notAfter }) => !noted.has(midnightOf(notAfter)))
    .map(({ notAfter }) => ({
      host: host.name,
      at: notAfter,
      what: 'the certificate that the server sends ends',
      needs: 'the pin of the next one, unless it is renewed under its key',
      isCritical: !livesByOthers(host, 'leaf'),
    }))
}

/** Whether nothing above or beside a pin matches once it is gone. A backup is for what is not planned. */
function isNeeded({ place }: Pin, host: PinnedHost): boolean {
  return !livesByOthers(host, place)
}

const changeOf = {
  leaf: 'leaf-key-changed',
  intermediate: 'intermediate-changed',
  root: 'authority-changed',
} as const

/** On every platform: where iOS is given a part of the pins, these too must hold. */
function livesByOthers(host: PinnedHost, place: Pin['place']): boolean {
  return [host, asGivenToAts(host) ?? host].every((each) => {
    const survival = survivals(each).find(({ id }) => id === changeOf[place])
    return survival?.by.some(({ role }) => role !== 'backup') ?? false
  })
}

function steps(
  { host, at, what, needs, isCritical }: End,
  today: number,
  release: { everyDays: number; adoptionDays: number },
): PlanEvent[] {
  const day = midnightOf(at)
  const releaseBy = day - release.adoptionDays * dayMs
  const addBy = releaseBy - release.everyDays * dayMs
  const event = (kind: PlanEvent['kind'], when: number, words: string): PlanEvent => ({
    at: when,
    host,
    kind,
    what: words,
    isCritical,
    isOverdue: when < today,
  })
  return [
    event('add pin', addBy, `have in the file ${needs}`),
    event('release', releaseBy, `release a build with ${needs}`),
    event('ends', day, what),
  ]
}
