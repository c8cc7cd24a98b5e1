import type { Authority } from '../authority.ts'
import type { Admin } from './admin.ts'

const hourMs = 3_600_000

/**
 * Notes when admin tokens are used: one write a token and hour, whatever is asked with it. That nothing
 * could be written keeps nobody out.
 */
export class AdminUse {
  readonly #authority: Pick<Authority, 'store' | 'log' | 'now'>
  /** When the use of each was last written by this authority. As many as there are tokens in use. */
  readonly #notedAt = new Map<string, number>()

  constructor(authority: Pick<Authority, 'store' | 'log' | 'now'>) {
    this.#authority = authority
  }

  note({ id, expiresAt }: Admin): void {
    const { now } = this.#authority
    const at = now()
    if (at - (this.#notedAt.get(id) ?? -Infinity) < hourMs) return
    this.#forgetOld(at)
    if (expiresAt > at) this.#notedAt.set(id, at)
    void this.#write(id, at)
  }

  async #write(id: string, at: number): Promise<void> {
    const { store, log } = this.#authority
    try {
      await store.write((tx) =>
        tx
          .updateTable('admin_tokens')
          .set({ last_used_at: at })
          .where('id', '=', id)
          .where((column) =>
            column.or([
              column('last_used_at', 'is', null),
              column('last_used_at', '<=', at - hourMs),
            ]),
          )
          .execute(),
      )
    } catch (error) {
      log.warn({ err: error, token: id }, 'the use of an admin token is not noted')
    }
  }

  #forgetOld(at: number): void {
    for (const [id, notedAt] of this.#notedAt) {
      if (at - notedAt >= hourMs) this.#notedAt.delete(id)
    }
  }
}
