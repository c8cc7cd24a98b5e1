import type { AuditRow } from '../audit/audit-log.ts'
import { appendAudit } from '../audit/audit-log.ts'
import type { AuditAction } from '../audit/audit-actions.ts'
import { made } from '../audit/change.ts'
import type { Ending, EndingContext, NamedRow } from './ending.ts'
import { operator } from './ending.ts'
import { type Treatment, treatments } from './endings.ts'
import { forgetAgain, type Forgettings } from './forget-again.ts'
import type { FollowedChain, LaterRows } from './later-rows.ts'

/** What came of following the log of what happened after a backup. */
export type EndedAgain = {
  readonly chains: readonly FollowedChain[]
  /** By action how many things ended that counted in the backup; an action that ended nothing is not in it. */
  readonly ended: Readonly<Partial<Record<AuditAction, number>>>
  /** Of how many rows somebody was told. */
  readonly told: number
  readonly unknownCheckpoints: number
}

const atOnce = 200

/**
 * Ends again, over a restored backup, what a log says had ended since; and does nothing else that it tells. Done
 * again, it finds nothing to do.
 *
 * @throws Problem `audit_file_invalid`: then nothing of the write is to be kept
 */
export async function endAgain(given: EndingContext, rows: LaterRows): Promise<EndedAgain> {
  let told = 0
  const tell: EndingContext['tell'] = (row, why) => {
    told++
    given.tell(row, why)
  }
  const context = { ...given, tell }
  const round = new Round(context)
  for await (const some of rows.rows()) await round.take(some)
  const ended = await round.finish()
  const chains = rows.chains()
  for (const chain of chains.filter(({ after, through }) => through > after)) {
    await noteFollowed(context, chain)
  }
  return { chains, ended, told, unknownCheckpoints: rows.unknownCheckpoints }
}

/** The restored log commits to the one that was lost, by the hash of its last row. */
async function noteFollowed(
  { store, now }: EndingContext,
  { name, after, through, hash, signedThrough }: FollowedChain,
): Promise<void> {
  await appendAudit(store, {
    at: now,
    actor: operator,
    action: 'store.log-followed',
    subject: name,
    detail: made({ after, through, hash, signedThrough }),
  })
}

type Until = { readonly row: NamedRow; readonly action: AuditAction; readonly end: Ending }

/** What is found on the way through the rows, and what can only be done behind the last. */
class Round {
  readonly #context: EndingContext
  readonly #ended: Partial<Record<AuditAction, number>> = {}
  readonly #forgettings: Forgettings = new Map()
  /** By thing and id the last time that it ended until somebody would undo it, and when somebody did. */
  readonly #until = new Map<string, Until>()
  readonly #undone = new Map<string, number>()

  constructor(context: EndingContext) {
    this.#context = context
  }

  /** @param rows in the order of the files */
  async take(rows: readonly AuditRow[]): Promise<void> {
    const ending = new Map<AuditAction, NamedRow[]>()
    for (const row of rows) {
      const { action, treatment } = treatmentOf(row)
      if (treatment.kind === 'nothing' || action === undefined) continue
      if (!isNamed(row)) this.#context.tell(row, 'it does not say to what it happened')
      else if (treatment.kind === 'end') ending.set(action, [...(ending.get(action) ?? []), row])
      else this.#keep(row, action, treatment)
    }
    for (const [action, named] of ending) {
      const { treatment } = treatmentOf({ action })
      if (treatment.kind === 'end') await this.#end(action, treatment.end, named)
    }
  }

  #keep(row: NamedRow, action: AuditAction, treatment: Treatment): void {
    if (treatment.kind === 'told') this.#context.tell(row, treatment.why)
    if (treatment.kind === 'forget') this.#forget(row)
    if (treatment.kind === 'until') {
      const key = `${treatment.thing} ${row.subject}`
      const before = this.#until.get(key)
      if (before !== undefined && before.row.at > row.at) return
      this.#until.set(key, { row, action, end: treatment.end })
    }
    if (treatment.kind === 'undoes') {
      const key = `${treatment.thing} ${row.subject}`
      this.#undone.set(key, Math.max(row.at, this.#undone.get(key) ?? 0))
    }
  }

  #forget(row: NamedRow): void {
    const { mark } = row.detail
    if (typeof mark === 'string') this.#forgettings.set(mark, row)
    else this.#context.tell(row, 'the row does not say whom: sallyport users forget')
  }

  /** What ended until somebody would undo it, and nobody did later; and users. */
  async finish(): Promise<EndedAgain['ended']> {
    const still = [...this.#until]
      .filter(([key, { row }]) => (this.#undone.get(key) ?? -1) <= row.at)
      .map(([, until]) => until)
    for (const [action, some] of Map.groupBy(still, (until) => until.action)) {
      for (let start = 0; start < some.length; start += atOnce) {
        const rows = some.slice(start, start + atOnce).map(({ row }) => row)
        const [first] = some
        if (first !== undefined) await this.#end(action, first.end, rows)
      }
    }
    this.#count('user.forgotten', await forgetAgain(this.#context, this.#forgettings))
    return this.#ended
  }

  async #end(action: AuditAction, end: Ending, rows: readonly NamedRow[]): Promise<void> {
    this.#count(action, await end(this.#context, rows))
  }

  #count(action: AuditAction, ended: number): void {
    if (ended > 0) this.#ended[action] = (this.#ended[action] ?? 0) + ended
  }
}

const nothing: Treatment = { kind: 'nothing' }

/** Of an action that this version does not know there is nothing to do. */
function treatmentOf({ action }: Pick<AuditRow, 'action'>): {
  action: AuditAction | undefined
  treatment: Treatment
} {
  if (!Object.hasOwn(treatments, action)) return { action: undefined, treatment: nothing }
  const known = action as AuditAction
  return { action: known, treatment: treatments[known] }
}

/** No id has a NUL, and PostgreSQL can be asked for none. */
function isNamed(row: AuditRow): row is NamedRow {
  return typeof row.subject === 'string' && !row.subject.includes('\0')
}
