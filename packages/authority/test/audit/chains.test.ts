import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isProblem } from '@sallyport/problem'
import pino from 'pino'
import { type AuditRow, verifyAudit } from '../../src/audit/audit-log.ts'
import type { Checkpoint } from '../../src/audit/checkpoint.ts'
import { verifyCheckpoint } from '../../src/audit/verify-checkpoint.ts'
import { type RunningAuthority, startAuthority } from '../../src/start-authority.ts'
import { type Deployment, deploy, passphrase } from '../fixture/deployment.ts'
import { httpCall } from '../fixture/http-call.ts'
import { enroll } from '../fixture/phone.ts'

let one: Deployment
let second: RunningAuthority
before(async () => {
  one = await deploy()
  const { authority, ...config } = one.config
  second = await startAuthority(
    { ...config, authority: { ...authority, name: 'second' } },
    {
      log: pino({ level: 'silent' }),
      directory: one.directory,
      version: '0.0.0-test',
      environment: { SALLYPORT_PASSPHRASE: passphrase },
    },
  )
  const two: Pick<Deployment, 'device'> = {
    device: (at, call = {}) => httpCall(second.addresses.device + at, { ca: one.caPem, ...call }),
  }
  await Promise.all([one, two, one, two, one, two].map((authority) => enroll(authority)))
})
after(async () => {
  await second.close()
  await one.close()
})

const rowsOf = async (query: string): Promise<AuditRow[]> =>
  (await one.admin(`/admin/v1/audit?limit=1000${query}`)).body.rows
const broken = (error: unknown) => isProblem(error) && error.code === 'audit_broken'

test('each authority has a chain of its own, and each verifies', async () => {
  const { chains } = (await one.admin('/admin/v1/audit/chains')).body
  assert.deepEqual(
    chains.map(({ name }: { name: string }) => name),
    ['authority', 'second'],
  )
  for (const { name, seq, hash } of chains) {
    const rows = await rowsOf(`&chain=${name}`)
    assert.ok(rows.every(({ chain }) => chain === name))
    assert.equal(rows.filter(({ action }) => action === 'device.enrolled').length, 3)
    assert.deepEqual(verifyAudit(rows), { count: rows.length, seq, hash })
  }
  assert.deepEqual(await rowsOf(''), await rowsOf('&chain=authority'))
  assert.deepEqual(await rowsOf('&chain=third'), [])
})

test('a row that was moved to another chain is told', async () => {
  const [own] = await rowsOf('')
  const [other] = await rowsOf('&chain=second')
  assert.ok(own && other)
  assert.throws(() => verifyAudit([{ ...other, chain: own.chain }]), broken)
  assert.throws(() => verifyAudit([{ ...own, chain: other.chain }]), broken)
})

test('a checkpoint is signed over the ends of all chains, once for each time that they move', async () => {
  const make = async () => (await one.admin('/admin/v1/audit/checkpoints', { body: {} })).body.made
  assert.equal(await make(), true)
  assert.equal(await make(), false)
  await enroll(one)
  assert.equal(await make(), true)
  const { chains } = (await one.admin('/admin/v1/audit/chains')).body
  const page = (await one.admin('/admin/v1/audit/checkpoints')).body
  const checkpoints = page.checkpoints as Checkpoint[]
  assert.deepEqual(
    checkpoints.map(({ seq }) => seq),
    [1, 2],
  )
  assert.deepEqual(checkpoints.at(-1)?.heads, chains)
  for (const checkpoint of checkpoints) await verifyCheckpoint(checkpoint, page.keys)
  const paged = (await one.admin('/admin/v1/audit/checkpoints?limit=1')).body
  assert.equal(paged.nextAfter, 1)
})

test('a checkpoint that says another thing than was signed, or was signed by nobody, is told', async () => {
  const { checkpoints, keys } = (await one.admin('/admin/v1/audit/checkpoints')).body
  const [checkpoint] = checkpoints as Checkpoint[]
  assert.ok(checkpoint)
  const [head, ...heads] = checkpoint.heads
  assert.ok(head)
  const [header, payload] = checkpoint.jws.split('.')
  for (const bent of [
    { ...checkpoint, at: checkpoint.at + 1 },
    { ...checkpoint, heads: [{ ...head, seq: head.seq + 1 }, ...heads] },
    { ...checkpoint, heads },
    { ...checkpoint, jws: `${header}.${payload}.` },
    { ...checkpoint, jws: 'nothing' },
  ]) {
    await assert.rejects(verifyCheckpoint(bent, keys), broken)
  }
  await assert.rejects(verifyCheckpoint(checkpoint, []), broken)
})
