/** Days of the week, and hours of the day, by the clocks of one place. */
export type TimeWindow = {
  /** By default all. A window over midnight belongs to the day that it begins on. */
  readonly days?: readonly Day[]
  /** `HH:MM`, included. */
  readonly from?: string
  /** `HH:MM`, excluded; `24:00` is the end of the day. Before `from`: of the next day. */
  readonly to?: string
  /** IANA, as `Europe/Berlin`. */
  readonly timeZone: string
}

export const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Day = (typeof days)[number]

const minutesPerDay = 1_440
const msPerMinute = 60_000

export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }) instanceof Intl.DateTimeFormat
  } catch {
    return false
  }
}

/**
 * Whether a time falls into a window. What counts is what clocks on the wall show: an hour that is
 * skipped in spring is in no window, one that comes twice in autumn is in it twice.
 *
 * @param at milliseconds
 */
export function compileTimeWindow(window: TimeWindow): (at: number) => boolean {
  const { from = '00:00', to = '24:00', timeZone } = window
  const [begin, end] = [minutesOf(from), minutesOf(to)]
  const open = new Set((window.days ?? days).map((day) => days.indexOf(day)))
  const clock = wallClock(timeZone)
  const isIn = (at: number): boolean => {
    const { day, minute } = clock(at)
    if (begin < end) return open.has(day) && minute >= begin && minute < end
    // Over midnight; the same hour twice is a whole day.
    return (open.has(day) && minute >= begin) || (open.has((day + 6) % 7) && minute < end)
  }
  // Clocks everywhere change on whole minutes: what holds for one moment of a minute holds for all.
  let knownMinute = -1
  let isInNow = false
  return (at) => {
    const minute = Math.floor(at / msPerMinute)
    if (minute !== knownMinute) {
      isInNow = isIn(at)
      knownMinute = minute
    }
    return isInNow
  }
}

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number)
  return Math.min(hours * 60 + minutes, minutesPerDay)
}

/** What a clock in a time zone shows: the day of the week from Monday (0), the minute of the day. */
function wallClock(timeZone: string): (at: number) => { day: number; minute: number } {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  return (at) => {
    const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {}
    for (const { type, value } of format.formatToParts(at)) parts[type] = value
    const day = days.findIndex((name) => name === parts.weekday?.toLowerCase())
    return { day, minute: Number(parts.hour) * 60 + Number(parts.minute) }
  }
}
