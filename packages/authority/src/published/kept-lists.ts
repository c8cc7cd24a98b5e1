import type { Kysely } from 'kysely'
import type { RevocationListRow, Tables } from '../store/tables.ts'
import type { ListName } from './published-addresses.ts'

/** Bytes of lists that are kept in memory: of all CAs of a large deployment. */
const maxKeptBytes = 128 * 1024 * 1024

/**
 * The lists as they are published, whoever issued them: whether there is a newer one is asked of the store
 * each time, the list itself is read once. While the store cannot be read, the last one known goes on.
 */
export class KeptLists {
  readonly #read: Kysely<Tables>
  readonly #kept = new Map<string, RevocationListRow>()
  #bytes = 0

  constructor(read: Kysely<Tables>) {
    this.#read = read
  }

  /**
   * Undefined where there is none.
   *
   * @throws what reading throws, where none is kept
   */
  async find(name: ListName): Promise<RevocationListRow | undefined> {
    const kept = this.#kept.get(keyOf(name))
    try {
      return await this.#findNewest(name, kept)
    } catch (error) {
      // It says itself until when it counts; readiness and metrics tell of the store.
      if (kept !== undefined) return kept
      throw error
    }
  }

  async #findNewest(
    name: ListName,
    kept: RevocationListRow | undefined,
  ): Promise<RevocationListRow | undefined> {
    const current = await this.#read
      .selectFrom('revocation_lists')
      .select('number')
      .where('issuer_id', '=', name.issuerId)
      .where('shard', '=', name.shard)
      .executeTakeFirst()
    if (current === undefined || kept?.number === current.number) return kept
    const row = await this.#read
      .selectFrom('revocation_lists')
      .selectAll()
      .where('issuer_id', '=', name.issuerId)
      .where('shard', '=', name.shard)
      .executeTakeFirst()
    if (row !== undefined) this.#keep(keyOf(name), row)
    return row
  }

  #keep(key: string, row: RevocationListRow): void {
    this.#drop(key)
    this.#kept.set(key, row)
    this.#bytes += row.der.length
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= maxKeptBytes || oldest === key) return
      this.#drop(oldest)
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#kept.get(key)?.der.length ?? 0
    this.#kept.delete(key)
  }
}

function keyOf({ issuerId, shard }: ListName): string {
  return `${issuerId} ${shard}`
}
