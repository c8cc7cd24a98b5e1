import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operatorName } from '../../src/admin/operator-name.ts'

/** What `userInfo` throws where /etc/passwd has no such user: containers run as a number alone. */
const noName = () => {
  const message = 'A system error occurred: uv_os_get_passwd returned ENOENT'
  throw Object.assign(new Error(message), { code: 'ERR_SYSTEM_ERROR' })
}

test('a user whom the system has no name for goes by the number', () => {
  assert.match(operatorName(noName), /^(?:.+ as )?uid \d+$/)
  assert.match(
    operatorName(() => 'ada'),
    /^(?:.+ as )?ada$/,
  )
})

test('another fault of the system is not taken for that', () => {
  const fault = () => {
    throw new Error('out of memory')
  }
  assert.throws(() => operatorName(fault), /out of memory/)
})
