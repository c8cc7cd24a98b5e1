import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addGateway, revokeGateway } from '../../src/gateways/gateways.ts'
import { openStore } from '../../src/store/store.ts'
import { deploy } from '../fixture/deployment.ts'
import { messageOf } from '../fixture/feed-reader.ts'
import { follow } from '../fixture/gateway.ts'
import { editStore, storeIn } from '../fixture/store-place.ts'
import { assemble } from '../published/assembled.ts'

const repetitions = 5

test('the change that revokes a gateway reaches it before its stream ends', async () => {
  const deployment = await deploy({ heartbeatMs: 60_000 })
  try {
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const following = await follow(deployment)
      await following.until(({ event }) => event === 'heartbeat')
      const revoke = '/admin/v1/gateways/gateway-1/revoke'
      assert.equal((await deployment.admin(revoke, { body: {} })).status, 200)
      await following.ended
      const last = following.events.at(-1)
      assert.deepEqual(
        [last?.event, last?.data.kind, last?.data.key, last?.data.status],
        ['change', 'gateway', 'gateway-1', 'revoked'],
        `repetition ${repetition}`,
      )
      await editStore(deployment.directory, "update gateways set status = 'active'")
    }
  } finally {
    await deployment.close()
  }
})

test('it does so also where the feed looks who counts before it has told what is new', async () => {
  const { authority, directory, close } = await assemble()
  try {
    const { store, feed } = authority
    const name = 'gateway-1'
    const now = Date.now()
    await store.write((tx) => addGateway(tx, name, 'authority', now))
    const told: string[] = []
    await feed.follow(
      {
        gateway: name,
        until: now + 60_000,
        nonce: undefined,
        drained: async () => {},
        send: ({ event, data }) => {
          const message = messageOf(data)
          told.push(message.type === 'changes' ? (message.changes[0]?.kind ?? '') : event)
        },
        end: () => void told.push('end'),
      },
      feed.seq,
    )
    const revocation = { name, reason: undefined, actor: 'a test', now }
    // By another authority over this store: nobody wakes the feed of this one.
    const other = await openStore(storeIn(directory))
    await other.write((tx) => revokeGateway(tx, revocation))
    await other.close()
    // As when another gateway begins to follow.
    await feed.refresh()
    assert.deepEqual(told.slice(-2), ['gateway', 'end'])
  } finally {
    await close()
  }
})
