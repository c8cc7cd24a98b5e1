import { isProblem } from '@sallyport/problem'
import type { Kysely } from 'kysely'
import { auditHash, type AuditRow, verifyAudit } from '../audit/audit-log.ts'
import type { ChainHead } from '../audit/checkpoint.ts'
import type { Tables } from '../store/tables.ts'
import { type AuditLine, notOfLog, readAuditLines } from './audit-lines.ts'
import { readSignedEnds, type SignedEnds } from './signed-ends.ts'

const rowsPerBatch = 200

/** How far files told of a chain. */
export type FollowedChain = {
  readonly name: string
  /** The last row that the backup has; 0 where the chain began later. */
  readonly after: number
  /** The last row that the files have, its time and its hash. */
  through: number
  at: number | null
  hash: string
  /** The last row that a checkpoint has signed; null where none has. */
  signedThrough: number | null
  /** A row that a checkpoint names and the files do not have; null where there is none. */
  missing: number | null
}

/**
 * Rows of the audit log that came after a backup, from files that others kept. Each chain goes on where the backup
 * has it, without a gap, and each hash holds; rows that checkpoints have signed are as they were signed. A chain
 * that the backup does not know is believed by such a signature alone. What it cannot see is that somebody who has
 * the log wrote further rows after the last that is signed.
 *
 * Rows are given out before what comes after them was looked at: whoever uses them keeps nothing of it where this
 * throws.
 */
export class LaterRows {
  readonly #store: Kysely<Tables>
  readonly #files: readonly string[]
  readonly #heads: ReadonlyMap<string, ChainHead>
  readonly #signed: SignedEnds
  readonly #chains = new Map<string, FollowedChain>()

  /** @param ends where the chains of the backup end */
  static async open(
    store: Kysely<Tables>,
    files: readonly string[],
    ends: readonly ChainHead[],
  ): Promise<LaterRows> {
    const heads = new Map(ends.map((head) => [head.name, head]))
    return new LaterRows(store, files, heads, await readSignedEnds(store, files, heads))
  }

  private constructor(
    store: Kysely<Tables>,
    files: readonly string[],
    heads: ReadonlyMap<string, ChainHead>,
    signed: SignedEnds,
  ) {
    this.#store = store
    this.#files = files
    this.#heads = heads
    this.#signed = signed
    for (const { name, seq, hash } of heads.values()) {
      this.#chains.set(name, { name, after: seq, through: seq, at: null, hash, ...unsigned })
    }
  }

  /** Checkpoints that no key of the backup signed. */
  get unknownCheckpoints(): number {
    return this.#signed.unknown
  }

  /** How far each chain was followed: known when all rows were read. */
  chains(): readonly FollowedChain[] {
    return [...this.#chains.values()]
  }

  /**
   * Some rows at a time, in the order of the files.
   *
   * @throws Problem `audit_file_invalid`
   */
  async *rows(): AsyncGenerator<AuditRow[]> {
    let rows: AuditRow[] = []
    for await (const line of readAuditLines(this.#files)) {
      if ('checkpoint' in line) continue
      if (await this.#isLater(line)) rows.push(line.row)
      if (rows.length < rowsPerBatch) continue
      yield rows
      rows = []
    }
    this.#holdAgainstSigned()
    if (rows.length > 0) yield rows
  }

  /** Whether a row is one that the backup does not have. */
  async #isLater({ row, place }: AuditLine & { row: AuditRow }): Promise<boolean> {
    const head = this.#heads.get(row.chain)
    if (head !== undefined && row.seq <= head.seq) {
      await this.#refuseOther(row, place)
      return false
    }
    const chain = this.#chainOf(row.chain)
    // What delivers at least once may deliver a line twice.
    if (row.seq === chain.through && row.hash === chain.hash) return false
    follow(chain, row, place)
    const signed = this.#signed.rows.get(row.chain)?.get(row.seq)
    if (signed === undefined) return true
    if (signed !== row.hash) throw notOfLog(place, `the row that was signed: ${signed}`, row.hash)
    chain.signedThrough = row.seq
    return true
  }

  #chainOf(name: string): FollowedChain {
    const begun = { name, after: 0, through: 0, at: null, hash: '', ...unsigned }
    const chain = this.#chains.get(name) ?? begun
    this.#chains.set(name, chain)
    return chain
  }

  async #refuseOther(row: AuditRow, place: string): Promise<void> {
    const known = await this.#store
      .selectFrom('audit')
      .select('hash')
      .where('chain', '=', row.chain)
      .where('seq', '=', row.seq)
      .executeTakeFirst()
    if (known?.hash === row.hash && hashOf(row) === row.hash) return
    const expected = `row ${row.seq} of ${row.chain} as the backup has it`
    throw notOfLog(place, expected, 'another one: it is of another log')
  }

  #holdAgainstSigned(): void {
    for (const chain of this.#chains.values()) {
      const named = [...(this.#signed.rows.get(chain.name)?.keys() ?? [])]
      chain.missing = named.find((seq) => seq > chain.through) ?? null
      if (this.#heads.has(chain.name) || chain.signedThrough !== null) continue
      throw notOfLog(
        `The chain ${chain.name}`,
        'a chain that the backup knows, or one of its rows in a checkpoint that is signed (`audit export --checkpoints`)',
        'neither',
      )
    }
  }
}

const unsigned = { signedThrough: null, missing: null }

function follow(chain: FollowedChain, row: AuditRow, place: string): void {
  try {
    verifyAudit([row], { count: 0, seq: chain.through, hash: chain.hash })
  } catch (cause) {
    if (isProblem(cause)) {
      const { expected = 'the next row', found = 'another one' } = cause
      throw notOfLog(place, expected, found, cause)
    }
    throw notOfLog(place, 'a row as it was written', String(cause), cause)
  }
  chain.through = row.seq
  chain.hash = row.hash
  chain.at = row.at
}

function hashOf(row: AuditRow): string | undefined {
  try {
    return auditHash(row)
  } catch {
    // Numbers that no log has, and values nested without end, hash to nothing.
    return undefined
  }
}
