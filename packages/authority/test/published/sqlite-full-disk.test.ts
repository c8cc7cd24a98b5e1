import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { enroll } from '../fixture/phone.ts'
import { fill, mountSmall } from '../fixture/small-disk.ts'
import { addressesOf, certificatesOf, deployPublishing } from './publishing.ts'

const { mountPoint, why } = mountSmall(8)
const directory = path.join(mountPoint, 'authority')

test('on a full disk the lists that there are go on, loudly, and room mends it', {
  // In CI it fails instead, with the reason.
  skip: process.env['CI'] === 'true' ? undefined : why,
}, async () => {
  assert.equal(why, undefined, 'must not be skipped here')
  mkdirSync(directory)
  let offset = 0
  const publishing = await deployPublishing({ directory, now: () => Date.now() + offset })
  try {
    const phone = await enroll(publishing)
    const { list } = addressesOf(certificatesOf(phone).leaf)
    const before = await publishing.list(list)
    fill(path.join(directory, 'ballast'))
    await assert.rejects(async () => {
      // What is left in pages that are allocated already is used up first.
      for (let round = 0; round < 500; round++) await enroll(publishing)
    }, /store_unavailable/)
    // Every list is due, and none can be kept.
    offset = 20 * 3_600_000
    const metric = async (name: string) => {
      const { text } = await publishing.operations('/metrics')
      return Number(
        new RegExp(`^sallyport_authority_${name}(?:\\{\\})? (.+)$`, 'm').exec(text)?.[1] ?? 0,
      )
    }
    await publishing.eventually('a failure to be told', async () =>
      (await metric('revocation_list_failures_total')) > 0 ? true : undefined,
    )
    assert.equal((await publishing.list(list)).number, before.number)
    rmSync(path.join(directory, 'ballast'))
    await publishing.eventually('another list', async () =>
      (await publishing.list(list)).number > before.number ? true : undefined,
    )
  } finally {
    await publishing.close()
  }
})
