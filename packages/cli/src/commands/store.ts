import { existsSync } from 'node:fs'
import path from 'node:path'
import type { AuthorityConfig, MissingMigrations, StoreLocation } from '@sallyport/authority'
import { type ConfigFile, readConfig } from '@sallyport/config'
import { Problem } from '@sallyport/problem'
import type { Operation } from '../command.ts'
import { locateConfig } from '../configuration/locate.ts'
import { roleSchema } from '../configuration/role-schema.ts'
import { trustDomainSection } from '../configuration/trust-domain.ts'
import { isGiven } from '../input.ts'
import type { Output } from '../terminal/output.ts'

/** How often a person is told how far it got. */
const progressMs = 1_000

export const migrateStore: Operation = async (input, output) => {
  const { migrateStoreAt, missingMigrationsAt } = await import('@sallyport/authority')
  const { location } = await configuredStore(locateConfig(input))
  if (isGiven(input, 'check')) {
    const found = await missingMigrationsAt(location)
    output.result(found, missingText(found))
    return found.missing.length === 0 ? 0 : 1
  }
  const done = await migrateStoreAt(location)
  const text = done.length === 0 ? ofThisVersion : `Done: ${done.join(', ')}`
  output.result({ done }, text)
  return 0
}

function missingText({ missing, olderGoOn }: MissingMigrations): string {
  if (missing.length === 0) return ofThisVersion
  const what = olderGoOn
    ? 'Authorities of the version before go on beside those of this one'
    : 'Authorities of the version before write nothing more once it is done'
  return `Missing: ${missing.join(', ')}\n${what}`
}

const ofThisVersion = 'The tables are of this version'

export const backupStore: Operation = async (input, output) => {
  const authority = await import('@sallyport/authority')
  const { location } = await configuredStore(locateConfig(input))
  const file = path.resolve(input.arguments[0] ?? '')
  if (existsSync(file) && !isGiven(input, 'replace')) {
    throw new Problem('command_usage', {
      detail: `${file} is there already`,
      expected: 'another name, or --replace',
      found: 'a file',
    })
  }
  const onProgress = progress(output, 'written')
  const made = await authority.backupStore(location, { file, now: Date.now(), onProgress })
  output.result({ file, ...made }, `${file}: ${made.rows} rows`)
  output.say(
    'It holds no key. Keep the folder of the keys as well, and try both: sallyport store restore',
  )
  return 0
}

export const copyStore: Operation = async (input, output) => {
  const { copyStoreTo } = await import('@sallyport/authority')
  const from = await configuredStore(locateConfig(input))
  const target = input.arguments[0] ?? ''
  const to = await configuredStore(target)
  const rows = await copyStoreTo(from.location, to.location, {
    onProgress: progress(output, 'copied'),
  })
  output.result({ rows }, `${rows} rows`)
  output.say(
    `Start every authority with ${target} from now on: what is written to the old store is not in the new one`,
  )
  return 0
}

export async function configuredStore(
  file: string,
): Promise<{ location: StoreLocation; config: ConfigFile<AuthorityConfig> }> {
  const { authoritySections, checkStoreConfig, storeLocation } = await import(
    '@sallyport/authority'
  )
  const sections = [trustDomainSection, ...authoritySections]
  const config = readConfig<AuthorityConfig>(file, roleSchema(sections))
  try {
    checkStoreConfig(config.value.store)
    return { location: storeLocation(config.value.store, config), config }
  } catch (error) {
    throw config.placed(error)
  }
}

/** Says once a second how many rows there are. */
export function progress(output: Output, done: string): (rows: number) => void {
  let toldAt = performance.now()
  return (rows) => {
    if (performance.now() - toldAt < progressMs) return
    toldAt = performance.now()
    output.say(`${rows} rows ${done} so far`)
  }
}
