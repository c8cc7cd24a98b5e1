import { Problem } from '@sallyport/problem'

/**
 * The lanes that work waits in, first served first. `reserved` of the running pieces are kept for a
 * lane, so that a flood in another never keeps an operator from revoking.
 */
export const lanes = {
  renewal: { maxWaiting: 8_192, reserved: 16 },
  enrollment: { maxWaiting: 4_096, reserved: 8 },
  admin: { maxWaiting: 256, reserved: 4 },
  gateway: { maxWaiting: 256, reserved: 4 },
  sessions: { maxWaiting: 2_048, reserved: 4 },
} as const
export type Lane = keyof typeof lanes
export type LaneLimits = Readonly<Record<Lane, { maxWaiting: number; reserved: number }>>

const laneNames = Object.keys(lanes) as Lane[]
const retryAfterSeconds = 5

export type WorkLanesOptions = {
  /** How many pieces run at once. Enough that many share one commit. */
  maxRunning?: number
  /** A piece that waited longer is refused: its caller has given up. */
  maxWaitMs?: number
  limits?: LaneLimits
}

type Piece = { run: () => Promise<void>; refuse: () => void; since: number }
type LaneState = { waiting: Piece[]; running: number; refused: number }

/** Bounded queues, one a lane, over a bounded number of running pieces. */
export class WorkLanes {
  readonly #maxRunning: number
  readonly #maxWaitMs: number
  readonly #limits: LaneLimits
  readonly #states: Record<Lane, LaneState>
  #running = 0

  constructor(options: WorkLanesOptions = {}) {
    this.#maxRunning = options.maxRunning ?? 128
    this.#maxWaitMs = options.maxWaitMs ?? 20_000
    this.#limits = options.limits ?? lanes
    const state = (): LaneState => ({ waiting: [], running: 0, refused: 0 })
    this.#states = {
      renewal: state(),
      enrollment: state(),
      admin: state(),
      gateway: state(),
      sessions: state(),
    }
  }

  /** @throws Problem `authority_busy` where the lane is full; what `work` throws */
  run<T>(lane: Lane, work: () => Promise<T>): Promise<T> {
    const state = this.#states[lane]
    if (state.waiting.length >= this.#limits[lane].maxWaiting) {
      state.refused++
      return Promise.reject(busy(lane))
    }
    return new Promise<T>((resolve, reject) => {
      state.waiting.push({
        since: performance.now(),
        run: () => work().then(resolve, reject),
        refuse: () => reject(busy(lane)),
      })
      this.#startWaiting()
    })
  }

  /** For metrics: what waits, runs and was refused, by lane. */
  snapshot(): { lane: Lane; waiting: number; running: number; refused: number }[] {
    return laneNames.map((lane) => {
      const { waiting, running, refused } = this.#states[lane]
      return { lane, waiting: waiting.length, running, refused }
    })
  }

  #startWaiting(): void {
    for (;;) {
      const lane = this.#nextLane()
      if (lane === undefined) return
      const state = this.#states[lane]
      const piece = state.waiting.shift()
      if (piece === undefined) return
      if (performance.now() - piece.since > this.#maxWaitMs) {
        state.refused++
        piece.refuse()
        continue
      }
      this.#running++
      state.running++
      void piece.run().finally(() => {
        this.#running--
        state.running--
        this.#startWaiting()
      })
    }
  }

  /** A lane below its reserve first; else, while unreserved room is left, the first that waits. */
  #nextLane(): Lane | undefined {
    const waiting = laneNames.filter((lane) => this.#states[lane].waiting.length > 0)
    const below = waiting.find((lane) => this.#states[lane].running < this.#limits[lane].reserved)
    if (below !== undefined) return below
    const reservedElsewhere = laneNames.reduce(
      (room, lane) => room + Math.max(0, this.#limits[lane].reserved - this.#states[lane].running),
      0,
    )
    return this.#running + reservedElsewhere < this.#maxRunning ? waiting[0] : undefined
  }
}

function busy(lane: Lane): Problem {
  return new Problem('authority_busy', {
    expected: 'room in the queue',
    found: `the queue of ${lane} work is full`,
    retryAfterSeconds,
  })
}
