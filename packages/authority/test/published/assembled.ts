import { rmSync } from 'node:fs'
import path from 'node:path'
import { type CertificateList, parseCertificateList } from '@sallyport/pki'
import pino from 'pino'
import { type AssembledAuthority, assembleAuthority } from '../../src/assemble-authority.ts'
import type { Authority } from '../../src/authority.ts'
import { type ListIssuer, readListIssuers } from '../../src/published/list-issuers.ts'
import { ListPublisher } from '../../src/published/list-publisher.ts'
import { fullList } from '../../src/published/published-addresses.ts'
import { developmentAppWith } from '../fixture/apps.ts'
import { layOut, passphrase, readTestConfig } from '../fixture/deployment.ts'

export const statusUrl = 'http://status.example.com'

export const publishedApps = developmentAppWith('revocation: published')

/** Members of `authority`, YAML, with those of `authority.status` beside its url. */
export const publishedAuthority = (status: string) => `    status: { listen: '127.0.0.1:0' }
  status: { url: '${statusUrl}', ${status} }`

/** An authority that listens nowhere and does nothing by the clock, with what its lists are looked at by. */
export type Assembled = AssembledAuthority & {
  readonly authority: Authority
  readonly directory: string
  /** The issuing CA of the app wallet, and the root above it. */
  issuers(): Promise<{ issuer: ListIssuer; root: ListIssuer }>
  /** One round of a publisher of its own. */
  round(): Promise<void>
  list(shard?: number, issuerId?: string): Promise<CertificateList>
  configure(status: string): Promise<void>
  close(): Promise<void>
}

export async function assemble(
  options: { status?: string; now?: () => number; directory?: string; isSecond?: boolean } = {},
): Promise<Assembled> {
  const apps = publishedApps
  const { now = Date.now } = options
  const directory =
    options.isSecond === true && options.directory !== undefined
      ? options.directory
      : (
          await layOut({
            apps,
            now,
            ...(options.directory ? { directory: options.directory } : {}),
          })
        ).directory
  const read = (status: string) =>
    readTestConfig(directory, apps, undefined, publishedAuthority(status))
  const assembled = await assembleAuthority(read(options.status ?? 'shards: 2'), {
    log: pino({ level: process.env['TEST_LOG'] ?? 'silent' }),
    directory: path.resolve(directory),
    version: '0.0.0-test',
    environment: { SALLYPORT_PASSPHRASE: passphrase },
    now,
  })
  const { authority } = assembled
  const publisher = new ListPublisher(authority)
  const issuers = async () => {
    const all = await readListIssuers(authority.store.read)
    const root = all.find((one) => one.appId === undefined && one.root === 'device')
    const issuer = all.find((one) => one.appId === 'wallet' && one.root === 'device')
    if (root === undefined || issuer === undefined) throw new Error('no CA')
    return { issuer, root }
  }
  return {
    ...assembled,
    authority,
    directory,
    issuers,
    round: () => publisher.round(),
    async list(shard = fullList, issuerId) {
      const id = issuerId ?? (await issuers()).issuer.id
      const row = await authority.store.read
        .selectFrom('revocation_lists')
        .select('der')
        .where('issuer_id', '=', id)
        .where('shard', '=', shard)
        .executeTakeFirstOrThrow()
      return parseCertificateList(row.der)
    },
    configure: (status) => assembled.replaceConfig(read(status)),
    async close() {
      await publisher.close()
      await authority.feed.close()
      await authority.trust.close()
      await authority.receipts.close()
      await authority.decisions.close()
      await authority.refusedAppraisals.close()
      await authority.store.close()
      if (options.isSecond !== true) rmSync(directory, { recursive: true, force: true })
    },
  }
}
