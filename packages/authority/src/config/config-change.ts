import { appendAudit } from '../audit/audit-log.ts'
import { canonicalJson, type Json } from '../audit/canonical-json.ts'
import { changed } from '../audit/change.ts'
import { readSetting, writeSetting } from '../store/setting.ts'
import type { Store } from '../store/store.ts'
import type { AuthorityConfig } from './authority-config.ts'

type Members = Readonly<Record<string, string | number | boolean | null>>

/** More is told by their number: what is told is to be read. */
const maxMembers = 100
const maxCharacters = 200

/**
 * Writes into the audit log what is different in the configuration from when this authority last started or
 * reloaded: whoever may write its file changes what is believed, by no route of the API. Secrets lie in files
 * of their own; of URLs, whose path and query may be ones, the origin is told.
 */
export async function recordConfigChange(
  store: Store,
  config: AuthorityConfig,
  { insecure, now }: { insecure: readonly string[]; now: number },
): Promise<void> {
  const setting = `configuration:${config.authority.name}`
  const value = canonicalJson(membersOf(config))
  if ((await readSetting(store.read, setting)) === value) return
  await store.write(async (tx) => {
    const text = await readSetting(tx, setting)
    if (text === value) return
    await writeSetting(tx, setting, value)
    // The first start changes nothing: it is what there is to begin with.
    if (text === undefined) return
    // Written above, by us.
    const whole = changed(JSON.parse(text) as Members, JSON.parse(value) as Members)
    const names = Object.keys(whole.after ?? {})
    const told = (members: Members | null) =>
      Object.fromEntries(names.slice(0, maxMembers).map((name) => [name, members?.[name] ?? null]))
    await appendAudit(tx, {
      at: now,
      actor: 'operator',
      action: 'configuration.changed',
      subject: config.authority.name,
      detail: {
        members: names.length,
        insecure: [...insecure],
        before: told(whole.before as Members),
        after: told(whole.after as Members),
      },
    })
  })
}

/** Each value by its place: `apps.wallet.enrollment.mode`. */
function membersOf(value: unknown, place = ''): Members {
  if (typeof value === 'object' && value !== null) {
    const within = Object.entries(value).map(([name, one]) =>
      membersOf(one, place === '' ? name : `${place}.${name}`),
    )
    return Object.assign({}, ...within) as Members
  }
  return value === undefined ? {} : { [place]: shown(value as Json) }
}

function shown(value: Json): string | number | boolean | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : String(value)
  if (typeof value !== 'string') return value as boolean | null
  const url = /^https?:/.test(value) ? URL.parse(value) : null
  return (url === null ? value : url.origin).slice(0, maxCharacters)
}
