import type { Authority } from '../authority.ts'
import { WebhookLane } from './webhook-lane.ts'
import { ensureWebhook, readWebhook } from './webhook-state.ts'
import type { WebhookTarget } from './webhook-target.ts'

/** Sends events of the audit log to whom the configuration names: a lane for each. */
export class WebhookSender {
  readonly #authority: Authority
  readonly #lanes = new Map<string, { target: WebhookTarget; lane: WebhookLane }>()
  readonly #stopListening: () => void

  constructor(authority: Authority) {
    this.#authority = authority
    this.#stopListening = authority.store.onCommit(() => {
      for (const { lane } of this.#lanes.values()) lane.wake()
    })
  }

  /** Has a lane for each receiver of the configuration as it is now, and for no other. */
  async follow(): Promise<void> {
    const { webhooks, store, now } = this.#authority
    for (const [name, { target, lane }] of this.#lanes) {
      if (webhooks.get(name) === target) continue
      this.#lanes.delete(name)
      await lane.close()
    }
    for (const [name, target] of webhooks) {
      if (this.#lanes.has(name)) continue
      if ((await readWebhook(store.read, name)) === undefined) {
        await store.write((tx) => ensureWebhook(tx, name, now()))
      }
      const lane = new WebhookLane(this.#authority, target)
      this.#lanes.set(name, { target, lane })
      lane.start()
    }
  }

  async close(): Promise<void> {
    this.#stopListening()
    await Promise.all(Array.from(this.#lanes.values(), ({ lane }) => lane.close()))
  }
}
