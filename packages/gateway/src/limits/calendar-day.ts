const dayMs = 86_400_000

/**
 * When the calendar day of a moment ends in a time zone. Both are milliseconds of the wall clock.
 * The answer is remembered: a day has many requests.
 *
 * @param zone a name of the IANA database
 */
export function endOfDayIn(zone: string): (atMs: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const offsetAt = (atMs: number): number => {
    const parts = new Map(
      format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]),
    )
    const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0
    const local = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    )
    return local - Math.floor(atMs / 1_000) * 1_000
  }
  let start = 0
  let end = 0
  return (atMs) => {
    if (atMs >= start && atMs < end) return end
    const offset = offsetAt(atMs)
    const midnight = Math.floor((atMs + offset) / dayMs) * dayMs + dayMs
    // The clock may be changed before midnight: what counts is how it stands then.
    end = midnight - offsetAt(midnight - offset)
    // Where clocks are put forward at midnight (Cairo, Beirut), the day ends with the hour that is left out.
    if (end + offsetAt(end) < midnight) end = midnight - offset
    start = atMs
    return end
  }
}
