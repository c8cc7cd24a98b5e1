import type { ShadowCounts } from '../metrics/shadow-counts.ts'
import type { DecisionRing } from './decision-ring.ts'
import type { FrontDoor } from './front-door.ts'
import type { FromWorker } from './messages.ts'

export type RecordSources = {
  readonly decisions: DecisionRing
  readonly shadow: ShadowCounts
  readonly frontDoor: FrontDoor
}

/** Brings to the main thread what the authority is to hear of. */
export class RecordSender {
  readonly #sources: RecordSources
  readonly #send: (message: FromWorker) => void
  #used: string[] = []
  #droppedTold = 0

  constructor(sources: RecordSources, send: (message: FromWorker) => void) {
    this.#sources = sources
    this.#send = send
  }

  /** What was counted since the start, and not recorded. */
  get dropped(): number {
    const { frontDoor, decisions } = this.#sources
    return frontDoor.dropped + decisions.dropped
  }

  /** A certificate with predecessors came into use. */
  noteUse(thumbprint: string): void {
    this.#used.push(thumbprint)
  }

  sendRecords(): void {
    const decisions = this.#sources.decisions.takeWaiting()
    const handshakes = this.#sources.frontDoor.takeFailures()
    const used = this.#used
    const dropped = this.dropped - this.#droppedTold
    if (decisions.length + handshakes.length + used.length + dropped === 0) return
    this.#used = []
    this.#droppedTold += dropped
    this.#send({ type: 'records', decisions, handshakes, used, dropped })
  }

  sendShadow(): void {
    const counts = this.#sources.shadow.take()
    if (counts.length > 0) this.#send({ type: 'shadow', counts })
  }
}
