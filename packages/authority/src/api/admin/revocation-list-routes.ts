import Type from 'typebox'
import { actorOf, appsOf } from '../../admin/admin.ts'
import type { Authority } from '../../authority.ts'
import { type ListState, readListStates } from '../../published/due-lists.ts'
import { importRootList } from '../../published/import-root-list.ts'
import { fullList } from '../../published/published-addresses.ts'
import { addressesOf } from '../../published/revocation-scopes.ts'
import { bytesOf } from '../../signer/bytes.ts'
import type { Api } from '../api-server.ts'
import { problems } from '../problem-schema.ts'
import { optionalTime } from './present.ts'
import { AdminRevocationList, ImportedList } from './revocation-list-messages.ts'

const tags = ['issuers']

/** The lists of revoked certificates, as they are published. */
export function revocationListRoutes(api: Api, authority: Authority): void {
  const { store, lanes, now } = authority

  api.get(
    '/revocation-lists',
    {
      config: { role: 'viewer', app: 'filtered' },
      schema: {
        tags,
        operationId: 'listRevocationLists',
        summary: 'The revocation lists that are published, and whether they are up to date',
        response: {
          200: Type.Object({ lists: Type.Array(AdminRevocationList) }),
          ...problems(401, 403, 429),
        },
      },
    },
    async (request) => {
      const apps = appsOf(request)
      const states = (await readListStates(store.read, now())).filter(
        // Those of roots are of no app.
        ({ appId }) => apps === undefined || appId === undefined || apps.includes(appId),
      )
      return { lists: states.map((state) => present(state, now())) }
    },
  )

  api.post(
    '/revocation-lists',
    {
      config: { role: 'admin' },
      schema: {
        tags,
        operationId: 'importRevocationList',
        summary: 'Publishes the list of a root whose key is elsewhere',
        body: ImportedList,
        response: { 200: AdminRevocationList, ...problems(400, 401, 403, 429, 503) },
      },
    },
    async (request) => {
      const der = bytesOf(request.body.list)
      const imported = { der, actor: actorOf(request), now: Math.floor(now()) }
      const issuerId = await lanes.run('admin', () =>
        store.write((tx) => importRootList(tx, imported)),
      )
      const states = await readListStates(store.read, now())
      const state = states.find((one) => one.issuerId === issuerId)
      if (state === undefined) throw new TypeError('The list was published a moment ago')
      return present(state, now())
    },
  )
}

function present(state: ListState, now: number): AdminRevocationList {
  const { issuerId, appId = null, shard, list } = state
  return {
    issuerId,
    appId,
    shard: shard === fullList ? null : shard,
    addresses: addressesOf(state),
    number: list?.number ?? null,
    entries: list?.entries ?? 0,
    issuedAt: optionalTime(list?.this_update),
    nextUpdate: optionalTime(list?.next_update),
    state: stateOf(state, now),
  }
}

function stateOf({ list, changes }: ListState, now: number): AdminRevocationList['state'] {
  if (list === undefined) return 'missing'
  if (list.next_update <= now) return 'lapsed'
  return changes > list.through_changes ? 'behind' : 'current'
}
