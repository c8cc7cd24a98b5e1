import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '@sallyport/problem'
import { newId } from '@sallyport/wire'
import { Metrics } from '../../src/operations/metrics.ts'
import { tellFailing } from '../../src/signer/failing-operations.ts'
import { movableClock } from '../fixture/clock.ts'
import { makeSigner, newSpki } from '../fixture/signer.ts'

test('what the signer could not do is told until it can, or until nobody asked for so long', async () => {
  let why: Problem | undefined
  const journal = { append: () => (why === undefined ? Promise.resolve() : Promise.reject(why)) }
  const made = await makeSigner({ journal })
  const metrics = new Metrics()
  const clock = movableClock()
  const signer = tellFailing(made.signer, { metrics, now: clock.now })
  const ask = async (deviceId = newId('device')) =>
    signer.deviceCertificate({
      issuer: made.wallet,
      spki: await newSpki(),
      deviceId,
      assurance: 'tee',
      predecessors: [],
    })
  const told = async () => (await metrics.text()).match(/^sallyport_authority_signing_failing.*$/gm)
  await assert.rejects(ask('admin'))
  assert.equal(await told(), null, 'what is asked wrong is no fault of the place')
  why = new Problem('signer_journal_unwritable')
  await assert.rejects(ask())
  const failing =
    'sallyport_authority_signing_failing{operation="deviceCertificate",reason="signer_journal_unwritable"} 1'
  assert.deepEqual(await told(), [failing])
  // Another operation that is answered says nothing of this one.
  await signer.holdsIssuer({ issuer: made.wallet })
  assert.deepEqual(await told(), [failing])
  why = undefined
  await ask()
  assert.equal(await told(), null)
  why = new Problem('signer_journal_unwritable')
  await assert.rejects(ask())
  clock.moveMinutes(16)
  assert.equal(await told(), null)
})
