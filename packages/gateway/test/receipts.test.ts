import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AppliedChange } from '@sallyport/wire'
import { Receipts } from '../src/control/receipts.ts'

const change = (seq: number) => ({
  seq,
  at: 1_000 + seq,
  kind: 'device',
  key: `dev_${seq}`,
  status: 'revoked',
})

test('a change is open until it is on disk, and told of then', async () => {
  const told: AppliedChange[] = []
  const receipts = new Receipts(
    (changes) => void told.push(...changes),
    () => 2_000,
  )
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  assert.equal(receipts.firstOpen, undefined)
  receipts.expect([change(7), change(8)], [], first.promise)
  receipts.expect([change(9)], [], second.promise)
  assert.equal(receipts.firstOpen, 7)
  first.resolve()
  await first.promise
  assert.equal(receipts.firstOpen, 9)
  assert.deepEqual(
    told.map(({ seq, appliedAfterMs }) => [seq, appliedAfterMs]),
    [
      [7, 993],
      [8, 992],
    ],
  )
  second.resolve()
  await second.promise
  assert.equal(receipts.firstOpen, undefined)
})
