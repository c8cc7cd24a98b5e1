import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import { quietPort } from '@sallyport/virtual-device'
import { devicePaths } from '@sallyport/wire'
import pino from 'pino'
import { startAuthority } from '../../src/start-authority.ts'
import { developmentApp } from '../fixture/apps.ts'
import { type Deployment, deploy, passphrase, readTestConfig } from '../fixture/deployment.ts'
import { type CallOptions, httpCall } from '../fixture/http-call.ts'
import {
  aboutTheApp,
  csrOf,
  enroll,
  enrollmentOf,
  makeKey,
  phoneOf,
  takeChallenge,
} from '../fixture/phone.ts'

const url = 'https://devices.example.com:8447'
const pair = 'certificateFile: server.crt, keyFile: server.key'
const listener = `    mtls: { listen: '127.0.0.1:0', url: '${url}', ${pair} }\n`
let deployment: Deployment
before(async () => {
  deployment = await deploy({ authority: listener })
})
after(() => deployment.close())

const isInvalid = (error: unknown) => isProblem(error) && error.code === 'config_invalid'
const call = (at: string, options: CallOptions = {}) =>
  httpCall((deployment.authority.addresses.mtls ?? '') + at, { ca: deployment.caPem, ...options })

test('a device is told where to call with its certificate, and renews there', async () => {
  const phone = await enroll(deployment)
  assert.equal(phone.issued.mtlsUrl, url)
  assert.equal((await call(devicePaths.me, phone.tls)).status, 200)
  const body = { csr: csrOf(phone.key), ...aboutTheApp }
  const renewed = await call(devicePaths.renewals, { body, ...phone.tls })
  assert.equal(renewed.status, 201, renewed.text)
  assert.equal(renewed.body.mtlsUrl, url)
  // Where it enrolled it is served as well.
  const again = await deployment.device(devicePaths.me, phoneOf(phone.key, renewed.body).tls)
  assert.equal(again.status, 200)
})

test('nobody enrols there, and whoever shows no certificate is told so', async () => {
  const body = enrollmentOf(makeKey(), await takeChallenge(deployment))
  const enrolled = await call(devicePaths.certificates, { body })
  assert.equal(`${enrolled.status} ${enrolled.body.code}`, '404 not_found')
  const me = await call(devicePaths.me)
  assert.equal(`${me.status} ${me.body.code}`, '401 device_certificate_required')
  const acme = await call('/acme/wallet/directory')
  assert.equal(acme.status, 404)
})

test('a challenge for a renewal is given there', async () => {
  const body = { appId: 'wallet', purpose: 'renew' }
  assert.equal((await call(devicePaths.challenges, { body })).status, 200)
})

test('where the url is that of another authority over the same store, devices renew there', async () => {
  const port = await quietPort()
  const other = `https://localhost:${port}`
  const at = (listen: string) => `    mtls: { listen: '${listen}', url: '${other}', ${pair} }\n`
  const first = await deploy({ authority: at('127.0.0.1:0') })
  try {
    const config = readTestConfig(
      first.directory,
      developmentApp,
      undefined,
      `${at(`127.0.0.1:${port}`)}  name: renewals\n`,
    )
    const second = await startAuthority(config, {
      log: pino({ level: 'silent' }),
      directory: first.directory,
      version: '0.0.0-test',
      environment: { SALLYPORT_PASSPHRASE: passphrase },
    })
    try {
      const { issued, key, tls } = await enroll(first)
      assert.equal(issued.mtlsUrl, other)
      const body = { csr: csrOf(key), ...aboutTheApp }
      const answer = await httpCall(other + devicePaths.renewals, { ca: first.caPem, body, ...tls })
      assert.equal(answer.status, 201, answer.text)
      assert.equal(answer.body.mtlsUrl, other)
      const { tls: renewed } = phoneOf(key, answer.body)
      // The first one knows what the second issued.
      assert.equal((await first.device(devicePaths.me, renewed)).status, 200)
    } finally {
      await second.close()
    }
  } finally {
    await first.close()
  }
})

test('without such a listener no device is told of one', async () => {
  const plain = await deploy()
  try {
    const { issued } = await enroll(plain)
    assert.equal('mtlsUrl' in issued, false)
  } finally {
    await plain.close()
  }
})

test('a reload takes up another certificate of it and another url, and no other address', async () => {
  const own = await deploy({ authority: listener })
  const other = await deploy()
  try {
    for (const file of ['server.crt', 'server.key']) {
      writeFileSync(path.join(own.directory, file), readFileSync(path.join(other.directory, file)))
    }
    const moved = listener.replace(url, 'https://elsewhere.example.com')
    await own.authority.reload(readTestConfig(own.directory, developmentApp, undefined, moved))
    const { mtls = '' } = own.authority.addresses
    const seen = await httpCall(mtls + devicePaths.me, { ca: other.caPem })
    assert.equal(seen.status, 401)
    const away = listener.replace('127.0.0.1:0', '127.0.0.1:1')
    await assert.rejects(
      own.authority.reload(readTestConfig(own.directory, developmentApp, undefined, away)),
      isInvalid,
    )
  } finally {
    await own.close()
    await other.close()
  }
})

test('its url is an https origin', async () => {
  for (const bad of ['http://devices.example.com', 'https://devices.example.com/path', 'devices']) {
    await assert.rejects(deploy({ authority: listener.replace(url, bad) }), isInvalid, bad)
  }
})

test('its answers are counted, by route and status', async () => {
  const phone = await enroll(deployment)
  assert.equal((await call(devicePaths.me, phone.tls)).status, 200)
  const { text } = await deployment.operations('/metrics')
  const labels = `listener="mtls",route="GET ${devicePaths.me}",status="200"`
  assert.match(text, new RegExp(`requests_total\\{${labels}\\} [1-9]`))
})
