import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { certificatesFromPem } from '@sallyport/pki'
import { blocksOf, shellLines } from './guide.ts'
import { type GuideDeployment, guideDeployment } from './guide-deployment.ts'

const page = readFileSync(
  new URL('../../../../../docs/guide/operators.md', import.meta.url),
  'utf8',
)
const lineOf = (words: string): string => {
  const line = shellLines(page).find((one) => one.includes(words))
  assert.ok(line, words)
  return line
}
const blockWith = (words: string): string => {
  const block = blocksOf(page, 'sh').find((one) => one.includes(words))
  assert.ok(block, words)
  return block
}

describe('the page about operators, as it is written', { timeout: 120_000 }, () => {
  let deployment: GuideDeployment
  before(async () => {
    deployment = await guideDeployment()
    await deployment.serve()
  })
  after(() => deployment.end())

  test('tokens are made, narrowed, and listed', async () => {
    const listed = await deployment.shell(blockWith('--role support'))
    for (const label of ['helpdesk', 'wallet-team', 'viewer']) assert.ok(listed.includes(label))
  })

  test('what needs two people waits, and is done when the holder of a token of the host agrees', async () => {
    await assert.rejects(deployment.shell('sallyport ca rotate wallet'), /second_person_needed/)
    await assert.rejects(
      deployment.shell(blockWith('proposals agree')),
      /proposal_own/,
      'nobody agrees with themselves',
    )
    const token = (await deployment.shell(lineOf('--offline'))).trim()
    const done = await deployment.shell(blockWith('proposals agree'), {
      SALLYPORT_ADMIN_TOKEN: token,
    })
    assert.match(done, /makeIssuer: done/)
    assert.match(await deployment.shell('sallyport ca list'), /announced/)
  })

  test('whoever is to agree sees which certificate it is, in a line', async () => {
    const root = 'certificates/device-root.crt'
    const importRoot = `sallyport ca import ${root} --root --yes`
    await assert.rejects(deployment.shell(importRoot), /second_person_needed/)
    const listed = await deployment.shell('sallyport proposals list')
    const pem = readFileSync(path.join(deployment.directory, root), 'utf8')
    assert.ok(listed.includes(`certificate ${certificatesFromPem(pem)[0]?.thumbprint}`), listed)
    assert.equal(listed.includes('BEGIN'), false)
  })

  test('the audit log is read, exported, and checked without an authority', async () => {
    const checked = await deployment.shell(blockWith('audit export'))
    assert.match(checked, /\d+ rows, each hash holds/)
  })
})
