import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Development, endLeftOver, get, newFolder, sallyport, startDev } from '../sallyport.ts'
import { startSecondGateway } from './second-gateway.ts'

let dev: Development
before(async () => {
  dev = await startDev(newFolder())
})
after(() => dev.end())
after(endLeftOver)

/** One command against the deployment, with --json. */
async function answer(...args: string[]): Promise<Record<string, unknown>> {
  const ran = await sallyport([...args, '--json', '--config', dev.facts.configFile])
  assert.equal(ran.code, 0, ran.stderr)
  return JSON.parse(ran.stdout) as Record<string, unknown>
}

test('the virtual device enrols through the android-key verifier, under the root of its folder', async () => {
  const { device } = await answer('devices', 'show', dev.facts.device.id)
  const { evidenceFormat, assurance, development, platform, provenFacts } = device as Record<
    string,
    unknown
  >
  assert.deepEqual(
    { evidenceFormat, assurance, development, platform, provenFacts },
    {
      evidenceFormat: 'android-key',
      assurance: 'tee',
      development: true,
      platform: 'android',
      provenFacts: ['platform', 'osVersion', 'osPatchLevel'],
    },
  )
})

test('a gateway of production refuses that device by its issuer alone', async (t) => {
  const { facts } = dev
  const production = await startSecondGateway(dev, ({ gateway }) => {
    delete gateway.insecureDevelopmentDevices
  })
  t.after(() => production.end())
  const url = `https://localhost:${production.port}${facts.samplePath}`
  const refused = await get(facts, url, true)
  assert.equal(refused.status, 401)
  assert.equal(refused.body['code'], 'device_certificate_untrusted')
  assert.equal((await get(facts, facts.gateway + facts.samplePath, true)).status, 200)

  const args = ['explain', String(refused.body['requestId']), '--config', facts.configFile]
  let explained = await sallyport(args)
  for (const end = Date.now() + 60_000; explained.code !== 0 && Date.now() < end; ) {
    await sleep(250)
    explained = await sallyport(args)
  }
  assert.match(
    explained.stdout,
    /device_certificate_development .* a certificate under CN=Development CA demo/,
  )
})
