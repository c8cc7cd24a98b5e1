import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { ask, askOnce, connect, eventually } from './support/client.ts'
import { startBed } from './support/gateway.ts'

const host = 'api.example.com'
const other = 'b.example.com'

async function setUp(t: TestContext) {
  const hosts = { [host]: { clientCertificate: 'off' }, [other]: { clientCertificate: 'off' } }
  const bed = await startBed(t, { hosts, gateway: { workers: 2 } })
  const serialOf = async (name: string) => {
    const socket = await connect(bed, undefined, { host: name })
    const { serialNumber } = socket.getPeerCertificate()
    socket.destroy()
    return serialNumber
  }
  const write = (name: string, text: string) => writeFile(path.join(bed.directory, name), text)
  const refusals = () => bed.log.filter(({ message }) => /the old one goes on/.test(message)).length
  return { bed, serialOf, write, refusals }
}

test('a certificate that is half written is not shown, and the whole one is when it is there', async (t) => {
  const { bed, serialOf, write, refusals } = await setUp(t)
  const before = await serialOf(host)
  const fresh = await bed.world.server(host)
  await write(`${host}.pem`, fresh.cert.slice(0, fresh.cert.length / 2))
  await eventually(() => refusals() > 0, 10_000)
  assert.equal(await serialOf(host), before)
  await write(`${host}.pem`, '')
  await eventually(() => refusals() > 1, 10_000)
  assert.equal(await serialOf(host), before)
  // The certificate is whole, and its chain is not.
  await write(`${host}.key`, fresh.key)
  const chain = bed.world.serviceCa
  await write(`${host}.pem`, fresh.cert + chain.slice(0, chain.length / 2))
  await eventually(() => refusals() > 2, 10_000)
  await new Promise((resolve) => setTimeout(resolve, 500))
  assert.equal(await serialOf(host), before)
  await write(`${host}.pem`, fresh.cert + chain)
  await eventually(async () => (await serialOf(host)) !== before, 10_000)
  assert.equal((await askOnce(bed)).status, 200)
})

test('a certificate beside the key of another one is not shown, until its own key is there', async (t) => {
  const { bed, serialOf, write, refusals } = await setUp(t)
  const [before, beforeOther] = [await serialOf(host), await serialOf(other)]
  const open = await connect(bed)
  const fresh = await bed.world.server(host)
  await write(`${host}.pem`, fresh.cert)
  await eventually(() => refusals() > 0, 10_000)
  const said = bed.log.find(({ message }) => /the old one goes on/.test(message))
  assert.match(String(said?.fields['error']), /certificate and key cannot be used together/)
  assert.equal(await serialOf(host), before)
  await write(`${host}.key`, fresh.key)
  await eventually(async () => (await serialOf(host)) !== before, 10_000)
  assert.equal(await serialOf(other), beforeOther, 'the other host shows what it did')
  assert.equal((await ask(open)).status, 200, 'an open connection goes on')
  open.destroy()
})

test('a key that comes while its certificate is being taken over is not missed', async (t) => {
  const { bed, serialOf, write } = await setUp(t)
  for (let round = 0; round < 3; round++) {
    const before = await serialOf(host)
    const fresh = await bed.world.server(host)
    await write(`${host}.pem`, fresh.cert)
    const reloading = bed.gateway.reload().catch(() => 'refused')
    await write(`${host}.key`, fresh.key)
    await reloading
    await eventually(async () => (await serialOf(host)) !== before, 10_000)
  }
})
