import { isProblem } from '@sallyport/problem'
import type { Authority } from '../authority.ts'
import { refuseNewerTables } from '../store/migrations.ts'
import { writeSetting } from '../store/setting.ts'

export type Readiness = {
  /** `ready`; `ending`, where it was told to end; or the code of the first reason why it is not. */
  readonly status: string
  /** `ok` or the code of a reason, of each thing that it needs. */
  readonly checks: Readonly<Record<string, string>>
}

const ok = 'ok'

/** What an authority needs for its work. Each throws where it is not there. */
const checks: Readonly<Record<string, (authority: Authority) => Promise<void>>> = {
  /**
   * It can be read, is of this version, and the last write held. Where it did not, a small write is tried, so
   * that an idle authority finds out when the disk has room again.
   */
  async store({ store, now }) {
    await store.read.selectFrom('heads').select('seq').execute()
    await refuseNewerTables(store.read)
    if (!store.isWritable()) {
      await store.write((tx) => writeSetting(tx, 'probed_at', String(now())))
    }
  },
  /** It answers: without it nothing is issued, and gateways are told nothing. */
  async signer({ signer, checkpointKeys }) {
    await signer.publicKey({ keyName: checkpointKeys.signing().keyName })
  },
}

/** Whether the authority can do its work, by each thing that it needs for it. */
export async function readinessOf(authority: Authority): Promise<Readiness> {
  const found = await Promise.all(
    Object.entries(checks).map(async ([name, look]) => [name, await outcomeOf(authority, look)]),
  )
  const results = Object.fromEntries(found) as Record<string, string>
  const wrong = Object.values(results).find((outcome) => outcome !== ok)
  return { status: authority.ending.hasBegun ? 'ending' : (wrong ?? 'ready'), checks: results }
}

async function outcomeOf(
  authority: Authority,
  look: (authority: Authority) => Promise<void>,
): Promise<string> {
  try {
    await look(authority)
    return ok
  } catch (error) {
    authority.log.warn({ err: error }, 'not ready')
    return isProblem(error) ? error.code : 'store_unavailable'
  }
}
