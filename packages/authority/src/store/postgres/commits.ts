import type { Client } from 'pg'
import { connect, drop } from './connections.ts'
import type { PostgresLocation } from './location.ts'
import { lockNames } from './lock-names.ts'

/** What no notification told of is found by looking: after so long at the latest. */
const lookMs = 1_000
const reconnectMs = 1_000

/**
 * Hears of commits: of others by LISTEN, on a connection of its own that is made again where it is lost;
 * and every second, whether there was one or not.
 *
 * @param instance whose own commits are not told of
 */
export function watchPostgresCommits(
  location: PostgresLocation,
  instance: string,
  heard: () => void,
): () => Promise<void> {
  const { channel } = lockNames(location.schema)
  let client: Client | undefined
  let isClosed = false
  let retry: NodeJS.Timeout | undefined

  const listen = async (): Promise<void> => {
    try {
      const made = await connect(location, { statementMs: 15_000, lockMs: 0 })
      if (isClosed) return drop(made)
      client = made
      made.on('notification', ({ payload }) => {
        if (payload !== instance) heard()
      })
      made.once('end', again)
      await made.query(`listen ${channel}`)
      heard()
    } catch {
      // The database is away: reads and writes say so, and looking goes on meanwhile.
      if (client === undefined) again()
      else drop(client)
    }
  }
  const again = () => {
    client = undefined
    if (isClosed) return
    retry = setTimeout(() => {
      listening = listen()
    }, reconnectMs).unref()
  }
  let listening = listen()
  const looking = setInterval(heard, lookMs).unref()
  return async () => {
    isClosed = true
    clearInterval(looking)
    clearTimeout(retry)
    await listening
    await client?.end()
  }
}
