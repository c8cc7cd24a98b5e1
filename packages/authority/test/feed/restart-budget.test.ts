import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { noteRestart, type Restart, weighRestart } from '../../src/feed/restart-budget.ts'
import { movableClock } from '../fixture/clock.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import { reportOf } from '../fixture/gateway.ts'
import { withStore } from '../fixture/store-place.ts'

const clock = movableClock()
let deployment: Deployment
before(async () => {
  deployment = await deploy({ now: clock.now })
})
after(() => deployment.close())

/** A gateway claims to have heard what this store never said. @returns the epoch after it */
async function lie(): Promise<string> {
  const { epoch } = (await deployment.admin('/admin/v1/feed')).body
  const body = reportOf({ epoch, seq: 1_000_000 })
  const answer = await deployment.gatewayCall('/gateway/v1/reports', { body })
  assert.equal(answer.status, 204, answer.text)
  return (await deployment.admin('/admin/v1/feed')).body.epoch
}
const rowsOf = async (action: string) =>
  (await deployment.admin(`/admin/v1/audit?action=${action}&limit=1000`)).body.rows

test('a gateway that lies all day has two epochs begin, and is told of once', async () => {
  const epochs = new Set<string>()
  for (let minutes = 0; minutes < 600; minutes += 20) {
    clock.moveMinutes(20)
    epochs.add(await lie())
  }
  assert.equal(epochs.size, 2)
  assert.equal((await rowsOf('feed.restarted')).length, 2)
  const [refused, ...more] = await rowsOf('feed.restart-refused')
  assert.deepEqual([refused.actor, more.length], ['gateway:gateway-1', 0])
  const { restarts } = (await deployment.admin('/admin/v1/feed')).body
  assert.deepEqual(
    restarts.map(({ gateway, refused: isRefused }: { gateway: string; refused: boolean }) => [
      gateway,
      isRefused,
    ]),
    [
      ['gateway-1', false],
      ['gateway-1', false],
      ['gateway-1', true],
    ],
  )
})

test('on the next day it is heard again', async () => {
  clock.move(1.1)
  const { epoch } = (await deployment.admin('/admin/v1/feed')).body
  assert.notEqual(await lie(), epoch)
})

test('another gateway is heard while one lies, until all have said too much', async () => {
  await withStore(deployment.directory, async (store) => {
    const restarts: Restart[] = []
    for (let gateway = 0; gateway < 5; gateway++) {
      for (let times = 0; times < 3; times++) {
        const name = `gateway-${gateway}`
        const verdict = weighRestart(restarts, name)
        const isFirst = times < 2 && gateway < 3
        assert.equal(verdict, isFirst ? 'begin' : times > 0 && gateway > 2 ? 'pass' : 'refuse')
        if (verdict !== 'pass') {
          restarts.push({ gateway: name, at: clock.now(), isRefused: verdict === 'refuse' })
        }
      }
    }
    await store.write((tx) => noteRestart(tx, restarts, { gateway: 'x', at: 0, isRefused: true }))
  })
  assert.equal((await deployment.admin('/admin/v1/feed')).body.restarts.length, 11)
})
