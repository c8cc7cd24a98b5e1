import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { ConnectionOptions } from 'node:tls'
import { type Development, endLeftOver, newFolder, sallyport } from '../sallyport.ts'
import {
  ask,
  open,
  openStream,
  openWebSocket,
  type Place,
  placeOf,
  sessionOf,
} from './connection.ts'
import {
  editFile,
  type EditedFile,
  enrollDevice,
  hostLike,
  type Identity,
  startEdited,
} from './edited-development.ts'
import { foreignDevice, foreignTrustDomain } from './foreign-device.ts'
import { startSecondGateway } from './second-gateway.ts'
import { startService } from './service.ts'

after(endLeftOver)

const repetitions = 7
const medianLimitMs = 100
const versions = ['TLSv1.2', 'TLSv1.3'] as const

for (const workers of [1, 2]) {
  describe(`what is left of a device once \`devices revoke\` has returned, with ${workers} ${workers === 1 ? 'worker' : 'workers'}`, () => {
    let dev: Development
    let service: Awaited<ReturnType<typeof startService>>
    let second: Awaited<ReturnType<typeof startSecondGateway>>
    const partner = foreignDevice()

    before(async () => {
      service = await startService()
      const ticketSecretFile = path.join(newFolder(), 'ticket-secret')
      writeFileSync(ticketSecretFile, Buffer.alloc(32, workers), { mode: 0o600 })
      dev = await startEdited((config) => {
        const { gateway } = config
        Object.assign(gateway, { workers, ticketSecretFile, tls: { minVersion: '1.2' } })
        gateway.upstreams['test'] = { targets: [service.url] }
        for (const [name, mode] of Object.entries(modes)) {
          gateway.hosts[name] = hostLike(config, mode, 'test')
        }
        trust(config, partner.caFile)
      })
      second = await startSecondGateway(dev)
    })
    after(async () => {
      await second.end()
      await dev.end()
      await service.close()
    })

    test(`every connection has ended, within ${medianLimitMs} ms in the median, and every new one is refused at its first request`, async (t) => {
      const spans: Spans[] = []
      for (let repetition = 0; repetition < repetitions; repetition++) {
        spans.push(await revokeOne(dev, second.port, workers))
      }
      const told = (which: keyof Spans) => spans.map((span) => span[which].toFixed(0)).join(' ')
      t.diagnostic(
        `from the command's return to the last end: ${told('ended')} ms, to the last refusal: ${told('refused')} ms`,
      )
      const median =
        spans.map(({ ended }) => ended).toSorted((a, b) => a - b)[repetitions >> 1] ?? 0
      assert.ok(median < medianLimitMs, told('ended'))
    })

    test('connections and sessions under a CA that was taken out end with `reload`', async (t) => {
      const place = placeOf(dev.facts, 'explain.test')
      const { cert, key } = partner
      const sessions = await Promise.all(
        versions.map((maxVersion) => sessionOf(place, { cert, key, maxVersion })),
      )
      const kept = await open(place, { cert, key })
      assert.equal((await ask(kept, place)).status, 200)
      const closed = endOf(kept)
      editFile(dev.facts.configFile, (config) => trust(config, undefined))
      const { code, stderr } = await sallyport(['reload', '--config', dev.facts.configFile])
      const returnedAt = performance.now()
      assert.equal(code, 0, stderr)
      const ends = [closed]
      for (const [index, maxVersion] of versions.entries()) {
        const options = { cert, key, maxVersion, session: sessions[index] }
        const code = 'device_certificate_untrusted'
        ends.push(refused({ place, options, code, resumes: false }))
      }
      const last = Math.max(...(await Promise.all(ends)))
      t.diagnostic(`the last ended ${(last - returnedAt).toFixed(1)} ms after the return`)
    })
  })
}

const modes: Readonly<Record<string, string>> = {
  'explain.test': 'explain',
  'other.test': 'explain',
  'require.test': 'require',
  'off.test': 'off',
}

function trust({ gateway }: EditedFile, caFile: string | undefined): void {
  const host = gateway.hosts['explain.test']
  assert.ok(host)
  if (caFile === undefined) delete host.trust
  else host.trust = [{ caFile, trustDomain: foreignTrustDomain }]
}

/**
 * Milliseconds after the command's return. That new connections are refused is asserted of the first request of each: how
 * soon is how fast the machine makes two dozen handshakes.
 */
type Spans = { readonly ended: number; readonly refused: number }

/** Opens all that a device may have open, revokes it, and waits for the last of it. */
async function revokeOne(dev: Development, secondPort: number, workers: number): Promise<Spans> {
  const { id, ...identity } = await enrollDevice(dev)
  const here = placeOf(dev.facts, 'explain.test')
  const at = (host: string): Place => ({ ...here, host })
  const elsewhere = { ...here, port: secondPort }
  const closed = [
    ...(await openEverything(here, identity, workers)),
    ...(await openEverything(elsewhere, identity, workers)),
  ]
  const attempts = await attemptsOf(here, elsewhere, at, identity)

  const command = ['devices', 'revoke', id, '--yes', '--config', dev.facts.configFile]
  const { code, stdout } = await sallyport(command)
  const returnedAt = performance.now()
  assert.equal(code, 0)
  const applied = stdout.match(/: applied in -?\d+ ms, (\d+) connections ended/g)
  assert.equal(applied?.length, 2, stdout)
  assert.ok(
    applied.every((line) => line.includes(` ${closed.length / 2} connections`)),
    stdout,
  )
  const refusals = attempts.map((attempt) =>
    refused({ ...attempt, options: { ...identity, ...attempt.options } }),
  )
  const [ends, answers] = await Promise.all([Promise.all(closed), Promise.all(refusals)])
  return { ended: Math.max(...ends) - returnedAt, refused: Math.max(...answers) - returnedAt }
}

/** Opens so many that each worker is likely to hold some of each kind; when each of them ended. */
async function openEverything(
  place: Place,
  identity: Identity,
  workers: number,
): Promise<Promise<number>[]> {
  const ends: Promise<number>[] = []
  for (let round = 0; round < workers * 3; round++) {
    const idle = await open(place, identity)
    assert.equal((await ask(idle, place)).status, 200)
    const busy = await open(place, identity)
    assert.equal((await ask(busy, place, '/slow')).status, 200)
    const streams = await openStream(place, identity)
    const webSocket = await openWebSocket(place, identity)
    ends.push(endOf(idle), endOf(busy), endOf(streams), endOf(webSocket))
  }
  return ends
}

/** `resumes`: the gateway takes the session, and decides by status all the same. */
type Attempt = { place: Place; options: ConnectionOptions; code: string; resumes: boolean }

/** New connections, and ones that resume sessions made wherever the device was let in before. */
async function attemptsOf(
  here: Place,
  elsewhere: Place,
  at: (host: string) => Place,
  identity: Identity,
): Promise<Attempt[]> {
  const code = 'device_revoked'
  const attempts: Attempt[] = [
    { place: here, options: {}, code, resumes: false },
    { place: at('require.test'), options: {}, code, resumes: false },
    { place: elsewhere, options: {}, code, resumes: false },
  ]
  for (const maxVersion of versions) {
    const from = (place: Place) => sessionOf(place, { ...identity, maxVersion })
    const attempt = (place: Place, session: Buffer, resumes: boolean) =>
      attempts.push({ place, options: { session, maxVersion }, code, resumes })
    attempt(here, await from(here), true)
    attempt(elsewhere, await from(here), true)
    attempt(here, await from(elsewhere), true)
    for (const host of ['other.test', 'require.test']) {
      attempt(at(host), await from(at(host)), true)
      attempt(here, await from(at(host)), false)
    }
    // A session of a host that asked for no certificate, and none shown now.
    const nobody = { session: await from(at('off.test')), maxVersion, cert: '', key: '' }
    attempts.push({
      place: here,
      options: nobody,
      code: 'device_certificate_required',
      resumes: false,
    })
  }
  return attempts
}

/** Connects and asks, and must be refused with the code. @returns when the refusal was there */
async function refused({ place, options, code, resumes }: Attempt): Promise<number> {
  const socket = await open(place, options)
  assert.equal(
    socket.isSessionReused(),
    resumes,
    `a session of ${options.maxVersion} at ${place.host}`,
  )
  const { status, text } = await ask(socket, place)
  const at = performance.now()
  socket.destroy()
  assert.ok(status === 401 || status === 403, text)
  assert.match(text, new RegExp(`"code":"${code}"`))
  return at
}

function endOf(connection: {
  destroyed: boolean
  once(event: 'close', listener: () => void): unknown
}): Promise<number> {
  if (connection.destroyed) return Promise.resolve(performance.now())
  return new Promise((resolve) => connection.once('close', () => resolve(performance.now())))
}
