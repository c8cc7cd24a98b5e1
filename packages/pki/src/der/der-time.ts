import type { DerElement } from './der-cursor.ts'
import { DerError } from './der-error.ts'
import { derElement } from './der-writer.ts'
import { tags } from './tag.ts'

/**
 * A UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 has them, in milliseconds: to the second, in
 * `Z`, no fraction, a day that exists. A two-digit year is of 1950 to 2049.
 */
export function timeOf(element: DerElement, what = 'Time'): number {
  const isUtc = element.tag === tags.utcTime
  if (!isUtc && element.tag !== tags.generalizedTime) {
    throw new DerError(`${what}: expected UTCTime or GeneralizedTime`, element.offset)
  }
  const text = element.content.toString('latin1')
  const time = isUtc ? utcTime(text) : generalizedTime(text)
  if (time === undefined) {
    const form = isUtc ? 'YYMMDDHHMMSSZ' : 'YYYYMMDDHHMMSSZ'
    throw new DerError(`${what}: expected a time as ${form}`, element.offset)
  }
  return time
}

/** A time of whole seconds as RFC 5280 wants it written: UTCTime to 2049, GeneralizedTime after. */
export function derTime(milliseconds: number): Buffer {
  const time = Buffer.allocUnsafe(maxTimeBytes)
  return time.subarray(0, writeTime(time, 0, milliseconds))
}

/** Of a GeneralizedTime with its header. */
export const maxTimeBytes = 17

/** Writes what `derTime` makes into bytes that have room for it, and tells where it ends. */
export function writeTime(bytes: Buffer, at: number, milliseconds: number): number {
  const text = digits(milliseconds)
  const isUtc = text >= '1950' && text < '2050'
  bytes[at] = (isUtc ? tags.utcTime : tags.generalizedTime) >> 3
  bytes[at + 1] = isUtc ? 13 : 15
  return at + 2 + bytes.write(isUtc ? text.slice(2) : text, at + 2, 'latin1')
}

export function derGeneralizedTime(milliseconds: number): Buffer {
  return derElement(tags.generalizedTime, Buffer.from(digits(milliseconds), 'latin1'))
}

function digits(milliseconds: number): string {
  const text = new Date(milliseconds).toISOString()
  if (text.length !== 24) throw new TypeError(`not a time of the years 0 to 9999: ${text}`)
  const date = text.slice(0, 4) + text.slice(5, 7) + text.slice(8, 10)
  return `${date}${text.slice(11, 13)}${text.slice(14, 16)}${text.slice(17, 19)}Z`
}

function utcTime(text: string): number | undefined {
  return text.length === 13 ? generalizedTime((text < '5' ? '20' : '19') + text) : undefined
}

function generalizedTime(text: string): number | undefined {
  if (text.length !== 15 || text[14] !== 'Z') return undefined
  const year = number(text, 0, 4)
  const month = number(text, 4, 2)
  const day = number(text, 6, 2)
  const hour = number(text, 8, 2)
  const minute = number(text, 10, 2)
  const second = number(text, 12, 2)
  if (!(hour < 24 && minute < 60 && second < 60 && month >= 1 && year >= 0)) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  // A day that does not exist rolls over into another month.
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : undefined
}

function number(text: string, at: number, length: number): number {
  let value = 0
  for (let index = at; index < at + length; index++) {
    const digit = text.charCodeAt(index) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}
