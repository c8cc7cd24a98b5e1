import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { shellLines } from './guide.ts'
import { type GuideDeployment, guideDeployment } from './guide-deployment.ts'

const page = readFileSync(new URL('../../../../../docs/guide/feed.md', import.meta.url), 'utf8')
const lines = shellLines(page)

/** Lines that ask a person, who is at a terminal. */
const asks = /^sallyport feed (confirm|drop) /

/** What a line says where nothing of the kind has happened; all others go through. */
const refused: Readonly<Record<string, RegExp>> = {
  'sallyport feed drop': /Gateways keep none of these/,
}

describe('the page about the feed, as it is written', { timeout: 120_000 }, () => {
  let deployment: GuideDeployment
  before(async () => {
    deployment = await guideDeployment({ alone: true })
    await deployment.serve()
  })
  after(() => deployment.end())

  test('every line of the page is a command that there is, and does what it says', async () => {
    assert.ok(lines.length >= 6)
    for (const line of lines) {
      const [, words] = Object.entries(refused).find(([start]) => line.startsWith(start)) ?? []
      const answered = asks.test(line) ? `${line} --yes` : line
      if (words === undefined) await deployment.shell(answered)
      else await assert.rejects(deployment.shell(answered), words)
    }
    assert.match(await deployment.shell('sallyport gateways list'), /gateway-1 .*revoked/)
  })
})
