import { Problem } from '@sallyport/problem'
import type { Input } from './command.ts'
import { flagName, textOption } from './input.ts'

// Every time and every span that a command takes is read here, so that what one takes all do.

const spanForms = 'a span such as 90s, 10m, 24h, 7d or 2w'
const timeForms = 'a day (UTC) such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z'
const unitSeconds: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
}

/**
 * A point in time, milliseconds since 1970: RFC 3339 with its offset, or a day, which begins at 00:00 UTC.
 *
 * @throws Problem `command_usage`
 */
export function parseTime(text: string, name: string): number {
  const at = timeOf(text)
  if (at !== undefined) return at
  throw usage(`--${flagName(name)} is no time`, timeForms, text)
}

/**
 * An option that says since when, or until when, something was: a span means so long ago.
 *
 * @returns milliseconds since 1970, or undefined where it was not given
 * @throws Problem `command_usage`
 */
export function timeBefore(input: Input, name: string, now: number): number | undefined {
  const text = textOption(input, name)
  if (text === undefined) return undefined
  const span = spanOf(text)
  const at = span === undefined ? timeOf(text) : Math.max(0, now - span)
  if (at !== undefined) return at
  throw usage(`--${flagName(name)} is no time`, `${spanForms}, ${timeForms}`, text)
}

/** As {@link timeBefore}, as RFC 3339. */
export function timeTextBefore(input: Input, name: string, now: number): string | undefined {
  const at = timeBefore(input, name, now)
  return at === undefined ? undefined : new Date(at).toISOString()
}

/**
 * An option that says how long something is to last: a time means until then.
 *
 * @returns milliseconds, or undefined where it was not given
 * @throws Problem `command_usage` also where the time is over
 */
export function spanAhead(input: Input, name: string, now: number): number | undefined {
  const text = textOption(input, name)
  if (text === undefined) return undefined
  const at = timeOf(text)
  const span = at === undefined ? spanOf(text) : at - now
  if (span === undefined) {
    throw usage(`--${flagName(name)} must be a span of time`, `${spanForms}, ${timeForms}`, text)
  }
  if (span >= 0) return span
  throw usage(`--${flagName(name)} is over already`, 'a time that is to come', text)
}

function spanOf(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text) ?? []
  return count === undefined ? undefined : Number(count) * (unitSeconds[unit] ?? 0) * 1_000
}

/** RFC 3339 §5.6, where T and Z may be in lower case; a day alone is ISO 8601. */
const timeForm = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2}))?$/

function timeOf(text: string): number | undefined {
  const time = text.toUpperCase()
  const [, day] = timeForm.exec(time) ?? []
  if (day === undefined || !isOfCalendar(day)) return undefined
  const at = Date.parse(time)
  return Number.isNaN(at) ? undefined : at
}

/** Date.parse takes 2027-02-30 for the second of March. */
function isOfCalendar(day: string): boolean {
  const at = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day)
}

function usage(detail: string, expected: string, found: string): Problem {
  return new Problem('command_usage', { detail, expected, found })
}
