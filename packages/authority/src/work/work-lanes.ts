import { Problem } from '@sallyport/problem'
import { Holders } from '../admission/holders.ts'
import { Turns } from '../admission/turns.ts'

/**
 * The lanes that work waits in, first served first. `reserved` of the running pieces are kept for a
 * lane, so that a flood in another never keeps an operator from revoking. What strangers ask for is begun
 * in turns (`of: 'strangers'`); who holds a certificate makes them rarer.
 */
export const lanes = {
  renewal: { maxWaiting: 8_192, reserved: 16, of: 'holders' },
  enrollment: { maxWaiting: 4_096, reserved: 8, of: 'strangers' },
  admin: { maxWaiting: 256, reserved: 4, of: 'operators' },
  gateway: { maxWaiting: 256, reserved: 4, of: 'operators' },
  sessions: { maxWaiting: 2_048, reserved: 4, of: 'operators' },
  /** Revocation lists and OCSP, for anybody. */
  status: { maxWaiting: 1_024, reserved: 4, of: 'strangers' },
} as const
export type Lane = keyof typeof lanes
export type LaneLimits = Readonly<Record<Lane, { maxWaiting: number; reserved: number }>>

const laneNames = Object.keys(lanes) as Lane[]
const strangerLanes = laneNames.filter((lane) => lanes[lane].of === 'strangers')
const retryAfterSeconds = 5

export type WorkLanesOptions = {
  /** How many pieces run at once. Enough that many share one commit. */
  maxRunning?: number
  /** A piece that waited longer is refused: its caller has given up. */
  maxWaitMs?: number
  limits?: LaneLimits
  holders?: Holders
}

type Piece = { run: () => Promise<void>; refuse: () => void; since: number }
type LaneState = { waiting: Piece[]; running: number; refused: number }

/** Bounded queues, one a lane, over a bounded number of running pieces. */
export class WorkLanes {
  readonly #maxRunning: number
  readonly #maxWaitMs: number
  readonly #limits: LaneLimits
  readonly #holders: Holders
  /** Each lane of strangers has its own: they do not wait for one another. */
  readonly #turns = new Map<Lane, Turns>()
  readonly #states: Record<Lane, LaneState>
  #running = 0

  constructor(options: WorkLanesOptions = {}) {
    this.#maxRunning = options.maxRunning ?? 128
    this.#maxWaitMs = options.maxWaitMs ?? 20_000
    this.#limits = options.limits ?? lanes
    this.#holders = options.holders ?? new Holders()
    for (const lane of strangerLanes) this.#turns.set(lane, new Turns(this.#holders))
    const state = (): LaneState => ({ waiting: [], running: 0, refused: 0 })
    this.#states = {
      renewal: state(),
      enrollment: state(),
      admin: state(),
      gateway: state(),
      sessions: state(),
      status: state(),
    }
  }

  /** @throws Problem `authority_busy` where the lane is full; what `work` throws */
  run<T>(lane: Lane, work: () => Promise<T>): Promise<T> {
    const state = this.#states[lane]
    if (state.waiting.length >= this.#limits[lane].maxWaiting) {
      state.refused++
      return Promise.reject(busy(lane))
    }
    const done = lanes[lane].of === 'holders' ? this.#holders.begin() : undefined
    return new Promise<T>((resolve, reject) => {
      state.waiting.push({
        since: performance.now(),
        run: () => work().then(resolve, reject),
        refuse: () => reject(busy(lane)),
      })
      this.#startWaiting()
    }).finally(done)
  }

  /** For metrics: what waits, runs and was refused, by lane. */
  snapshot(): { lane: Lane; waiting: number; running: number; refused: number }[] {
    return laneNames.map((lane) => {
      const { waiting, running, refused } = this.#states[lane]
      return { lane, waiting: waiting.length, running, refused }
    })
  }

  readonly #startWaiting = (): void => {
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
    const below = waiting.find(
      (lane) => this.#states[lane].running < this.#limits[lane].reserved && this.#mayBegin(lane),
    )
    if (below !== undefined) return below
    const reservedElsewhere = laneNames.reduce(
      (room, lane) => room + Math.max(0, this.#limits[lane].reserved - this.#states[lane].running),
      0,
    )
    if (this.#running + reservedElsewhere >= this.#maxRunning) return undefined
    return waiting.find((lane) => this.#mayBegin(lane))
  }

  /** Takes a turn where there are turns. */
  #mayBegin(lane: Lane): boolean {
    return this.#turns.get(lane)?.take(this.#startWaiting) ?? true
  }
}

function busy(lane: Lane): Problem {
  return new Problem('authority_busy', {
    expected: 'room in the queue',
    found: `the queue of ${lane} work is full`,
    retryAfterSeconds,
  })
}
