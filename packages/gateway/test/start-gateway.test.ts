import assert from 'node:assert/strict'
import net from 'node:net'
import { once } from 'node:events'
import { test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { claimPorts } from '../src/control/claim-ports.ts'
import { askOnce } from './support/client.ts'
import { type BedOptions, startBed } from './support/gateway.ts'

const isProblemOf = (code: string) => (error: unknown) => isProblem(error) && error.code === code

test('a second gateway on the same port fails loudly', async (t) => {
  const first = await startBed(t, { gateway: { workers: 2 } })
  const listen = [`127.0.0.1:${first.port}`]
  const { world, authority } = first
  await assert.rejects(
    startBed(t, { world, authority, gateway: { listen } }),
    isProblemOf('port_in_use'),
  )
  assert.equal((await askOnce(first, await world.device())).status, 200)
})

test('of several that start at the same moment one alone gets the port, until it ends', async () => {
  const first = await claimPorts([{ host: '127.0.0.1', port: 0 }])
  const [address] = first.addresses
  assert(address !== undefined)
  await assert.rejects(claimPorts([address]), isProblemOf('port_in_use'))
  await first.release()
  const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => claimPorts([address])))
  const claimed = outcomes.filter((outcome) => outcome.status === 'fulfilled')
  assert(claimed.length <= 1, 'all of them may have been in the way of each other')
  for (const { value } of claimed) await value.release()
  await (await claimPorts([address])).release()
})

test('a port of somebody else is named', async (t) => {
  const other = net.createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  const listen = [`127.0.0.1:${(other.address() as net.AddressInfo).port}`]
  await assert.rejects(startBed(t, { gateway: { listen } }), isProblemOf('port_in_use'))
})

test('what a schema cannot check is refused at its place', async (t) => {
  const host = 'api.example.com'
  const route = { match: { path: '/*' }, upstream: 'service' }
  const withRoutes = (...routes: unknown[]): BedOptions => ({
    hosts: { [host]: { clientCertificate: 'explain', routes } },
  })
  const cases: [RegExp, BedOptions][] = [
    [/no such upstream/, withRoutes({ ...route, upstream: 'x' })],
    [/matches the same/, withRoutes(route, { ...route, name: 'two' })],
    [
      /same name/,
      withRoutes({ ...route, name: 'a' }, { ...route, name: 'a', match: { path: '/b' } }),
    ],
    [/no request can match/, withRoutes({ ...route, match: { path: '/a/../b' } })],
    [/no request can match/, withRoutes({ ...route, match: { path: '/a*b' } })],
    [/there is no such host/, { gateway: { defaultHost: 'x.example.com' } }],
    [/out of order/, { gateway: { status: { warnAfterSeconds: 9, sensitiveAfterSeconds: 3 } } }],
    [
      /no meaning on this host/,
      {
        hosts: {
          [host]: { clientCertificate: 'off', routes: [{ ...route, stages: { device: {} } }] },
        },
      },
    ],
    [/ENOENT/, { gateway: { ticketSecretFile: 'missing' } }],
  ]
  for (const [words, options] of cases) {
    await assert.rejects(startBed(t, options), (error: unknown) => {
      assert(isProblem(error), String(error))
      assert.match(error.message, words)
      assert.match(error.message, /sallyport\.yaml:\d+:\d+/)
      return true
    })
  }
})

test('a key that is misspelt is refused with the one that was meant', async (t) => {
  await assert.rejects(startBed(t, { gateway: { worker: 2 } }), /did you mean "workers"/)
})
