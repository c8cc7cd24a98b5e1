/** `30s`, `1m`, `12h`, `7d`: a whole number and its unit. */
export const durationPattern = '^[1-9][0-9]{0,5}(s|m|h|d)$'

const unitMs: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Milliseconds of a duration that fits `durationPattern`. */
export function durationMs(text: string): number {
  const unit = unitMs[text.slice(-1)]
  if (unit === undefined) throw new TypeError(`The duration ${text} was not validated`)
  return Number(text.slice(0, -1)) * unit
}
