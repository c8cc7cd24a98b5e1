import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enroll } from '../../fixture/phone.ts'
import { onlyInFiles } from '../../fixture/token-place.ts'
import { type Machine, severalMachines } from './several-machines.ts'

test('each signer issues so many in an hour, whoever asks: of two, twice as many; and one that begins anew counts what it issued', {
  skip: onlyInFiles('each machine has a copy of its own') ?? false,
}, async (t) => {
  const perHour = 3
  const several = await severalMachines(2, {
    authority: `  signer: { certificatesPerHour: ${perHour} }`,
  })
  t.after(() => several.close())
  const refusals = async (machine: Machine, count: number) => {
    const made = await Promise.allSettled(Array.from({ length: count }, () => enroll(machine)))
    const reasons = made.flatMap((each) =>
      each.status === 'rejected' ? [String(each.reason)] : [],
    )
    assert.ok(
      reasons.every((reason) => reason.includes('signer_unavailable')),
      reasons.join('\n'),
    )
    return reasons.length
  }
  const [one, two] = several.machines
  assert.ok(one !== undefined && two !== undefined)
  assert.equal(await refusals(one, perHour + 2), 2)
  assert.equal(await refusals(two, perHour + 2), 2, 'the other has a bound of its own')
  await one.killSigner()
  // Its authority finds it again with the question after the one that found it gone.
  await refusals(one, 1)
  assert.equal(await refusals(one, 1), 1)
  assert.match(one.signer.said() + one.logged.join(''), /signer_rate_exceeded/)
})
