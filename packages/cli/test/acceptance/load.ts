import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionOptions } from 'node:tls'
import { ask, open, type Place } from './connection.ts'

/** Kept-alive HTTP/1.1 connections, each with one request after the other. */
export type Load = {
  answered(): number
  /** Ends it. @returns what went wrong, one entry for each request that was not answered with 200 */
  end(): Promise<string[]>
}

export async function startLoad(
  place: Place,
  options: ConnectionOptions,
  { connections = 4, pauseMs = 4 } = {},
): Promise<Load> {
  const failures: string[] = []
  let answered = 0
  const state = { isOver: false }
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(place, options)))
  const work = sockets.map(async (socket) => {
    while (!state.isOver) {
      try {
        const { status, text } = await ask(socket, place)
        if (status === 200) answered++
        else failures.push(text)
      } catch (error) {
        // A kept-alive connection that is closed is a failure too: nothing here gives a reason to.
        failures.push(String(error))
        return
      }
      await sleep(pauseMs)
    }
    socket.destroy()
  })
  return {
    answered: () => answered,
    end: async () => {
      state.isOver = true
      await Promise.all(work)
      return failures
    },
  }
}
