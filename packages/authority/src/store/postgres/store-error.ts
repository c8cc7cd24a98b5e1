import { isProblem, Problem } from '@sallyport/problem'
import { DatabaseError } from 'pg'

/**
 * States of SQL that tell of the database and not of the statement, by their first characters
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const unavailable: Readonly<Record<string, string>> = {
  '08': 'the connection failed',
  '25006': 'the server is read-only: it is a replica',
  '25P03': 'the connection stood still amid a transaction',
  '28': 'the server refuses the user or the password',
  '3D000': 'there is no such database',
  '40': 'another transaction was in the way',
  '42501': 'the user lacks a privilege',
  '53100': 'the disk is full',
  '53': 'the server lacks memory or connections',
  '55P03': 'another authority holds the store',
  '57014': 'a statement took too long',
  '57': 'the server is stopping or starting',
  '58': 'the disk or the system of the server failed',
  XX: 'the server failed, or its data is damaged',
}

/** A plan of a statement that another version of the tables was made for. */
const stalePlan = '0A000'
/** Text with a character that no text of PostgreSQL can hold: NUL. */
const unstorable: ReadonlySet<string> = new Set(['22021', '22P05'])

/** Deadlock, and a lock that was not had in time. */
const crossed: ReadonlySet<string> = new Set(['40P01', '55P03'])

/** Whether others held what a transaction needs: done once more, it may go. */
export function isInTheWay(error: unknown): boolean {
  const { cause = error } = isProblem(error) ? error : {}
  return cause instanceof DatabaseError && crossed.has(cause.code ?? '')
}

/**
 * What went wrong on a connection of PostgreSQL, as a Problem: `store_unavailable` unless the statement is at
 * fault, `message_malformed` where it carries text that cannot be kept. Errors of statements are returned
 * as they are.
 */
export function postgresError(error: unknown): unknown {
  if (isProblem(error)) return error
  if (!(error instanceof DatabaseError)) {
    // What node-postgres reads wrongly, it throws as these.
    if (error instanceof RangeError || error instanceof TypeError) return error
    return unavailableFor(error instanceof Error ? error.message : String(error), error)
  }
  const { code = '' } = error
  if (unstorable.has(code)) {
    const detail = 'A text holds a character that cannot be kept: NUL'
    return new Problem('message_malformed', { detail, cause: error })
  }
  const found = unavailable[code] ?? unavailable[code.slice(0, 2)]
  if (found !== undefined) return unavailableFor(`${found} (${code}: ${error.message})`, error)
  return isStalePlan(error) ? unavailableFor('the tables were changed meanwhile', error) : error
}

/** Whether a statement was prepared for tables that have changed since: prepared anew, it is good. */
export function isStalePlan(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false
  return error.code === stalePlan && error.message.includes('cached plan')
}

function unavailableFor(found: string, cause: unknown): Problem {
  return new Problem('store_unavailable', {
    expected: 'PostgreSQL that can be read and written',
    found,
    retryAfterSeconds: 2,
    cause,
  })
}
