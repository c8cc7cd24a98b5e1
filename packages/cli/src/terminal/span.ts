const units = [
  { name: 'day', ms: 86_400_000 },
  { name: 'hour', ms: 3_600_000 },
  { name: 'minute', ms: 60_000 },
  { name: 'second', ms: 1_000 },
] as const

/** A span of milliseconds in words: `3 days`, `90 minutes` as `1 hour`, `under a second`. */
export function spanWords(ms: number): string {
  const length = Math.abs(ms)
  const unit = units.find((candidate) => length >= candidate.ms)
  if (unit === undefined) return 'under a second'
  const count = Math.floor(length / unit.ms)
  return `${count} ${unit.name}${count === 1 ? '' : 's'}`
}

/** A moment as seen from now: `in 3 days`, `5 minutes ago`. */
export function momentWords(at: number, now: number): string {
  return at >= now ? `in ${spanWords(at - now)}` : `${spanWords(now - at)} ago`
}
