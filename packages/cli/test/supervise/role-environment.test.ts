import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roleEnvironment } from '../../src/supervise/role-environment.ts'

const environment = {
  PATH: '/bin',
  LC_ALL: 'C',
  NODE_OPTIONS: '--trace-warnings',
  SALLYPORT_PASSPHRASE: 'secret',
  SALLYPORT_ADMIN_TOKEN: 'secret',
  DATABASE_PASSWORD: 'secret',
}

test('a role is given what is on the list and nothing else', () => {
  assert.deepEqual(roleEnvironment(environment), {
    PATH: '/bin',
    LC_ALL: 'C',
    NODE_OPTIONS: '--trace-warnings',
  })
})

test('the passphrase is given to the role that asks for it by name', () => {
  assert.equal(
    roleEnvironment(environment, ['SALLYPORT_PASSPHRASE'])['SALLYPORT_PASSPHRASE'],
    'secret',
  )
})
