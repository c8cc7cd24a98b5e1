import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onCore } from '../process/core.ts'
import type { LoadResult, LoadTarget } from './load.ts'
import type { LoadCommand, LoadReply } from './load-process.ts'
import type { LoadKind } from './loads.ts'

const module = fileURLToPath(new URL('./load-process.js', import.meta.url))
/** A run that takes longer is broken. */
const replyTimeoutMs = 120_000

/** A load that is open in the other process. */
export type OpenedLoad = {
  run(count: number): Promise<LoadResult>
  close(): Promise<void>
}

/** The process that makes load: started once, so that it is warm in every round. */
export class LoadClient {
  readonly #child: ChildProcess
  readonly #ended = new AbortController()

  constructor() {
    const [program, ...args] = onCore('load', [process.execPath])
    // Away from the terminal's group: Ctrl-C is for this process, which then ends the other.
    this.#child = fork(module, { execPath: program, execArgv: args, detached: true })
    this.#child.once('exit', () => this.#ended.abort(new Error('the load process ended')))
  }

  /** Opens one load; another only after it was closed. */
  async open(kind: LoadKind, target: LoadTarget, concurrency: number): Promise<OpenedLoad> {
    await this.#ask({ do: 'open', kind, target, concurrency })
    return {
      run: async (count) => (await this.#ask({ do: 'run', count })) as LoadResult,
      close: async () => {
        await this.#ask({ do: 'close' })
      },
    }
  }

  async stop(): Promise<void> {
    if (this.#ended.signal.aborted) return
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    await ended
  }

  async #ask(command: LoadCommand): Promise<LoadResult | undefined> {
    this.#child.send(command)
    const [reply] = (await once(this.#child, 'message', {
      signal: AbortSignal.any([AbortSignal.timeout(replyTimeoutMs), this.#ended.signal]),
    })) as [LoadReply]
    if (!reply.ok) throw new Error(`load ${command.do}: ${reply.error}`)
    return reply.result
  }
}
