import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pino from 'pino'
import { isHashed } from '../../src/privacy/user-names.ts'
import { type Deployment, deploy } from '../fixture/deployment.ts'
import {
  appOfUsers,
  type IdentityProvider,
  identityProvider,
} from '../fixture/identity-provider.ts'
import { rowsOf } from '../fixture/old-store.ts'
import { editStore, withStore } from '../fixture/store-place.ts'
import { enrollForUser, tryToEnroll } from '../fixture/user-phone.ts'

const subject = 'ada.lovelace@example.com'
const logged: string[] = []
let provider: IdentityProvider
let deployment: Deployment
let apps: string
before(async () => {
  provider = await identityProvider()
  const user = 'user: { mode: required, provider: corp, maxDevices: 2 }'
  apps = appOfUsers(provider, user, '')
  deployment = await deploy({
    apps,
    log: pino({ level: 'trace' }, { write: (line: string) => void logged.push(line) }),
  })
})
after(async () => {
  await deployment.close()
  await provider.close()
})

const token = (of = subject) => provider.token({ subject: of })
const devicesOf = async (user: string) =>
  (await deployment.admin(`/admin/v1/devices?userSubject=${encodeURIComponent(user)}`)).body.devices
const everything = () =>
  withStore(deployment.directory, async ({ read }) => JSON.stringify([...(await rowsOf(read))]))

test('what a token says of a user stands nowhere in the store, and in no line of the log', async () => {
  await enrollForUser(deployment, { accessToken: await token() })
  await enrollForUser(deployment, { accessToken: await token('someone else') })
  const text = await everything()
  assert.ok(text.includes('hashed:'))
  for (const part of [subject, 'lovelace', Buffer.from(subject).toString('base64url')]) {
    assert.ok(!text.includes(part), part)
    assert.ok(!logged.join('').includes(part), part)
  }
})

test('devices are found by what a user is called, and by the hash that is shown', async () => {
  const [device, ...more] = await devicesOf(subject)
  assert.ok(isHashed(device.userSubject))
  assert.equal(more.length, 0)
  assert.deepEqual(await devicesOf(device.userSubject), [device])
  assert.deepEqual(await devicesOf('nobody'), [])
})

test('a user is the same one from token to token: the bound on their devices holds', async () => {
  await enrollForUser(deployment, { accessToken: await token() })
  const answer = await tryToEnroll(deployment, { accessToken: await token() })
  assert.equal(answer.body.code, 'user_devices_too_many')
})

test('users that were stored in plain text are hashed at the start, as they would be now', async () => {
  const [device] = await devicesOf(subject)
  await editStore(
    deployment.directory,
    `update devices set user_subject = '${subject}' where user_subject = '${device.userSubject}'`,
  )
  await deployment.restart()
  assert.equal((await devicesOf(subject)).length, 2)
  assert.ok(!(await everything()).includes(subject))
  const answer = await tryToEnroll(deployment, { accessToken: await token() })
  assert.equal(answer.body.code, 'user_devices_too_many')
})

test('a subject that looks like a hash in capitals is plain text, too', async () => {
  const loud = 'HASHED:grace.hopper@example.com'
  const [{ id }] = await devicesOf('someone else')
  await editStore(
    deployment.directory,
    `update devices set user_subject = '${loud}' where id = '${id}'`,
  )
  await deployment.restart()
  assert.ok(!(await everything()).includes(loud))
  assert.equal((await devicesOf(loud)).length, 1)
})

test('an authority with another key than users were named with does not start', async () => {
  const set = (value: string) =>
    editStore(
      deployment.directory,
      `update settings set value = ${value} where name = 'user_names_check'`,
    )
  await assert.rejects(
    deployment.restart({ whileDown: () => set("value || 'x'") }),
    (error: { code?: string }) => error.code === 'key_missing',
  )
  await set("replace(value, 'x', 'x')")
})

test('in plain text users stand as their tokens say', async () => {
  const plain = await deploy({ apps, authority: '  privacy: { users: plain }\n' })
  try {
    await enrollForUser(plain, { accessToken: await token() })
    const { body } = await plain.admin(`/admin/v1/devices?userSubject=${subject}`)
    assert.deepEqual(
      body.devices.map(({ userSubject }: { userSubject: string }) => userSubject),
      [subject],
    )
  } finally {
    await plain.close()
  }
})
