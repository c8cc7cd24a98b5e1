import type { Site } from '../site/site.ts'

/** A gateway to measure: how to find it here, and how to run it for a site. */
export type Peer = {
  readonly name: string
  /** What to say where it is missing: how to install it. */
  readonly install: string
  /** Its version; undefined where it is not installed. */
  version(): string | undefined
  /**
   * Starts it with one worker on the server's core and its generated configuration in `directory`:
   * client certificates required, HTTP/1.1 and HTTP/2, kept-alive connections to the upstream, a JSON
   * access log, the fields of `addedFieldNames`.
   */
  start(site: Site, directory: string): Promise<RunningPeer>
}

export type RunningPeer = {
  readonly port: number
  /** The roots of the processes whose CPU time and memory count. */
  readonly processIds: readonly number[]
  /** Its JSON access log. */
  readonly accessLog: string
  readonly stop: () => Promise<void>
}
