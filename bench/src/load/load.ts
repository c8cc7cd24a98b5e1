import type { Site } from '../site/site.ts'

/** Where load goes, and as whom. */
export type LoadTarget = {
  readonly port: number
  readonly site: Pick<Site, 'serverName' | 'serverCaFile' | 'device' | 'authorization'>
}

/** What one run of load saw. Latencies are of each request or handshake, milliseconds. */
export type LoadResult = {
  readonly count: number
  readonly seconds: number
  readonly medianMs: number
  readonly p99Ms: number
}

/** Load that is set up: its connections are open, where it keeps any. */
export interface Load {
  /**
   * Sends this many requests or makes this many connections, as many at a time as it was opened for,
   * each slot going on as soon as it was answered (a closed loop).
   *
   * @throws Error an answer was not 200, a connection broke: no figure is made of a broken run
   */
  run(count: number): Promise<LoadResult>
  close(): void
}

export type OpenLoad = (target: LoadTarget, concurrency: number) => Promise<Load>
