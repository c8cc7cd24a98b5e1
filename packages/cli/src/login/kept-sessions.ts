import { readFileSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { modes, writeFileAtomically } from '../files/write-file.ts'

/** A session of the admin API, as this account keeps it. */
export type KeptSession = { token: string; expiresAt: string }
type Sessions = Readonly<Record<string, KeptSession>>

/** Of this account alone, by the admin API that each is of: XDG Base Directory, state. */
function sessionsFile(): string {
  const given = process.env['XDG_STATE_HOME'] ?? ''
  const state = path.isAbsolute(given) ? given : path.join(homedir(), '.local', 'state')
  return path.join(state, 'sallyport', 'sessions.json')
}

/** The session for an admin API; undefined where there is none that counts. */
export function keptSession(url: string, now = Date.now()): KeptSession | undefined {
  const session = readSessions()[originOf(url)]
  return session !== undefined && Date.parse(session.expiresAt) > now ? session : undefined
}

/** Keeps a session in the place of the one before; mode 0600. */
export function keepSession(url: string, session: KeptSession): void {
  write({ ...readSessions(), [originOf(url)]: session })
}

export function forgetSession(url: string): void {
  const { [originOf(url)]: _forgotten, ...others } = readSessions()
  if (Object.keys(others).length === 0) rmSync(sessionsFile(), { force: true })
  else write(others)
}

function write(sessions: Sessions): void {
  writeFileAtomically(sessionsFile(), `${JSON.stringify(sessions, undefined, 2)}\n`, modes.secret)
}

/** What is no file of ours holds no session: whoever signs in writes it anew. */
function readSessions(): Sessions {
  let text: string
  try {
    text = readFileSync(sessionsFile(), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw error
  }
  const value: unknown = JSON.parse(text)
  return typeof value === 'object' && value !== null ? (value as Sessions) : {}
}

function originOf(url: string): string {
  return new URL(url).origin
}
